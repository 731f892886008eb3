const order = { type: "track", event: "Order Completed", userId: "ann", properties: { revenue: 1, currency: "EUR" } };

/** Orders over 1 EUR each, as many as make up the bytes, with message ids of their own; large ones, as with a long cart. */
export function manyOrders(name: string, bytes: number): string[] {
  const note = "x".repeat(20_000);
  return Array.from({ length: Math.ceil(bytes / 20_150) }, (_, at) =>
    JSON.stringify({ ...order, messageId: `${name} ${at}`, context: { note } }),
  );
}

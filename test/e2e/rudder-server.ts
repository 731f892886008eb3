import RudderAnalytics from "@rudderstack/rudder-sdk-node";

/** Events with a time of their own, which is what `timestamp` is for. */
export interface Shipped {
  readonly timestamp: Date;
  readonly events: number;
}

/** In the middle of their minutes: what is sent from there is in no other minute, however slow it is. Oldest first. */
export const shippedBefore = (): Shipped[] =>
  [
    [180, 25],
    [61, 13],
    [2, 7],
  ].map(([minutes = 0, events = 0]) => {
    const minute = Math.floor(Date.now() / 60_000) - minutes;
    return { timestamp: new Date(minute * 60_000 + 30_000), events };
  });

/** Events that happen as they are sent. */
export const shippedNow = 5;

/**
 * Sends events as a server does by RudderStack's Node SDK, as it comes from npm, in batches of 20: all types of messages,
 * with a time of their own and without. Resolves when the collector has acknowledged each of them.
 */
export async function sendFromRudderServer(
  { writeKey, dataPlaneUrl, gzip }: { writeKey: string; dataPlaneUrl: string; gzip: boolean },
  before: readonly Shipped[],
): Promise<void> {
  const errors: unknown[] = [];
  const errorHandler = (error: unknown): void => void errors.push(error);
  const settings = { dataPlaneUrl, gzip, errorHandler, flushAt: 20, flushInterval: 100, logLevel: "error" };
  const rudder = new RudderAnalytics(writeKey, settings);
  const acknowledged: Promise<void>[] = [];
  const done = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    acknowledged.push(promise);
    return resolve;
  };
  const [userId, [oldest]] = ["ann", before];
  for (const { timestamp, events } of before) {
    const shipped = { userId, event: "Order Shipped", timestamp };
    for (let event = 0; event < events; event++) rudder.track(shipped, done());
  }
  for (let event = 0; event < shippedNow; event++) {
    rudder.track({ anonymousId: "a", event: "Order Shipped", properties: { event } }, done());
  }
  rudder.identify({ userId, traits: { plan: "pro" }, ...(oldest && { timestamp: oldest.timestamp }) }, done());
  rudder.page({ userId, name: "Home" }, done());
  rudder.screen({ userId, name: "Start" }, done());
  rudder.group({ userId, groupId: "shop", traits: { size: 5 } }, done());
  rudder.alias({ previousId: "a", userId }, done());
  await Promise.all(acknowledged);
  if (errors.length > 0) throw new AggregateError(errors, "Expected every batch to be taken");
}

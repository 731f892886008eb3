import type { Laptop } from "./laptop.ts";

interface Answer {
  readonly rows: readonly {
    readonly time: string;
    readonly event: string;
    readonly category: string;
    readonly value: number;
  }[];
  readonly truncated?: true;
}

const inCents = (value: number | undefined): number => Math.round((value ?? Number.NaN) * 100);

async function ask(laptop: Laptop, metric: string, by: string): Promise<Map<string, number>> {
  const path = `/v1/metrics/${metric}?from=-4h&to=now&every=1m&by=${by}&limit=10000`;
  const { rows, truncated } = await laptop.get<Answer>(path);
  if (truncated) throw new Error(`Expected all rows of ${metric}, got ${rows.length} and the word that there are more`);
  return new Map(rows.map(({ time, event, category, value }) => [[time, event, category].join(" ").trim(), value]));
}

/** Every minute x event x category as the HTTP API answers it, in the form of `countByHand`. */
export async function answered(laptop: Laptop): Promise<Map<string, string>> {
  const events = await ask(laptop, "events", "event,category");
  const prices = await ask(laptop, "prices", "event,category");
  return new Map([...events].sort().map(([key, count]) => [key, `${count} events, ${inCents(prices.get(key))} cents`]));
}

/** The revenue of every minute x category, in the form of `revenueByHand`. */
export async function answeredRevenue(laptop: Laptop): Promise<Map<string, string>> {
  const revenue = await ask(laptop, "revenue", "category");
  return new Map([...revenue].sort().map(([key, value]) => [key.replace("  ", " "), `${inCents(value)} cents`]));
}

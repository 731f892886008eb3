import type { KinesisStreamEvent } from "aws-lambda";
import { openRecording } from "../../cli/recording/recording.ts";
import { stamp } from "../../cli/recording/stamp.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { count, defineConfig, sum, track } from "../../lib/config.ts";
import { rees46File } from "../e2e/rees46-count.ts";
import { recordOf } from "./live-batches.ts";

/** Five metrics such as a shop has. */
export const definitions = definitionsOf(
  defineConfig({
    metrics: {
      events: { on: track(), measure: count() },
      views: { on: track("Product Viewed"), measure: count(), by: { category: "properties.category" } },
      carts: { on: track("Product Added"), measure: count(), by: { brand: "properties.brand" } },
      orders: { on: track("Order Completed"), measure: count(), by: { category: "properties.category" } },
      revenue: {
        on: track("Order Completed"),
        measure: sum("properties.revenue"),
        by: { category: "properties.category" },
      },
    },
  }),
);

/** Events of a batch: about 4 MB of JSON, what one invocation can carry. */
const batchEvents = 12_000;

/** The recording as Segment messages, in invocations of one shard; so many events a record, not compressed. */
export async function rees46Batches(
  eventsPerRecord: number,
): Promise<{ events: number; batches: KinesisStreamEvent[] }> {
  const texts: string[] = [];
  let lastMs = 0;
  for await (const batch of await openRecording(rees46File)) {
    for (const event of batch) {
      texts.push(JSON.stringify(stamp(event, { shiftMs: 0, run: "" })));
      lastMs = event.timeMs;
    }
  }
  let number = 0;
  const record = (data: string): KinesisStreamEvent["Records"][number] => {
    number++;
    const sequenceNumber = String(49_590_000_000_000 + number);
    return recordOf(Buffer.from(data), lastMs, sequenceNumber);
  };
  const batches = chunks(texts, batchEvents).map((batch) => ({
    Records: chunks(batch, eventsPerRecord).map((events) => record(events.join("\n"))),
  }));
  return { events: texts.length, batches };
}

export function chunks<T>(values: readonly T[], length: number): T[][] {
  const found: T[][] = [];
  for (let start = 0; start < values.length; start += length) found.push(values.slice(start, start + length));
  return found;
}

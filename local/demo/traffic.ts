import { type KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { realClock } from "../clock.ts";
import { Shop } from "./shop.ts";

const intervalMs = 500;
/** Visitors' acts in an interval; an act is a message or two. */
const actsMean = 11;

/** Sends generated shop traffic, about 30 events a second, until the signal. What Kinesis does not take is let go: it is only a demo. */
export async function sendDemoTraffic(client: KinesisClient, streamName: string, signal: AbortSignal): Promise<void> {
  const shop = new Shop(Math.random);
  while (!signal.aborted) {
    const nowMs = Date.now();
    // A slow wave, so that the charts have a shape.
    const acts = Math.round(actsMean * (1 + 0.4 * Math.sin(nowMs / 120_000)) * (0.7 + 0.6 * Math.random()));
    const messages = Array.from({ length: acts }, () => shop.act(nowMs)).flat();
    const records = [...Map.groupBy(messages, ({ anonymousId }) => String(anonymousId))].map(([person, own]) => ({
      PartitionKey: person,
      Data: Buffer.from(own.map((message) => JSON.stringify(message)).join("\n")),
    }));
    if (records.length > 0) {
      await client.send(new PutRecordsCommand({ StreamName: streamName, Records: records })).catch(() => {});
    }
    await realClock.sleep(intervalMs, signal);
  }
}

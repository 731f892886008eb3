import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { _Record } from "@aws-sdk/client-timestream-write";
import type { Context, KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import { z } from "zod";
import { chunks } from "./rees46-batches.ts";

const schema = z.object({
  type: z.literal("track"),
  event: z.string(),
  messageId: z.string(),
  userId: z.string(),
  timestamp: z.iso.datetime(),
  properties: z.object({
    category: z.string().optional(),
    brand: z.string().optional(),
    price: z.number(),
    revenue: z.number().optional(),
  }),
});

const dimension = (Name: string, Value: string | undefined) => ({ Name, Value: Value ?? "none" });

/**
 * How it is usually done: Powertools' batch processor, a zod schema, one Timestream record an event, whose totals the
 * queries add up. `send` gets requests of 100 records.
 */
export async function customary(
  batch: KinesisStreamEvent,
  context: Context,
  send: (records: _Record[]) => Promise<unknown>,
): Promise<void> {
  const processor = new BatchProcessor(EventType.KinesisDataStreams);
  const records: _Record[] = [];
  const one = async ({ kinesis }: KinesisStreamRecord): Promise<void> => {
    const text = Buffer.from(kinesis.data, "base64").toString("utf8");
    for (const line of text.split("\n")) {
      const { event, messageId, timestamp, properties } = schema.parse(JSON.parse(line));
      records.push({
        Time: String(Date.parse(timestamp)),
        MeasureName: "event",
        MeasureValueType: "MULTI",
        Dimensions: [
          dimension("event", event),
          dimension("messageId", messageId),
          dimension("category", properties.category),
          dimension("brand", properties.brand),
        ],
        MeasureValues: [
          { Name: "count", Value: "1", Type: "BIGINT" },
          { Name: "revenue", Value: String(properties.revenue ?? 0), Type: "DOUBLE" },
        ],
      });
    }
  };
  await processPartialResponse(batch, one, processor, { context });
  for (const hundred of chunks(records, 100)) await send(hundred);
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { eventOf } from "../../../../lib/recovery/isolate/kinesis-event.ts";
import { batchOf } from "../../../../lib/stream/batch.ts";
import { compareSequence } from "../../../../lib/stream/sequence.ts";

const record = fc.record({
  sequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String),
  partitionKey: fc.option(fc.string(), { nil: undefined }),
  arrivalMs: fc.integer({ min: 1, max: 4_102_444_800_000 }),
  data: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
});

const selector = ({ sequenceNumber }: { sequenceNumber: string }): string => sequenceNumber;

test("a batch made an event, sent and read is the same batch", () => {
  fc.assert(
    fc.property(fc.uniqueArray(record, { minLength: 1, maxLength: 5, selector }), (found) => {
      const records = found.toSorted((a, b) => compareSequence(a.sequenceNumber, b.sequenceNumber));
      const batch = { streamName: "events", shardId: "shardId-000000000003", records };
      const sent = JSON.parse(JSON.stringify(eventOf(batch))) as Parameters<typeof batchOf>[0];
      expect(batchOf(sent)).toEqual(batch);
    }),
  );
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchBuffer } from "../../../../local/event-source-mapping/batch/batch-buffer.ts";
import { emptyEventBytes } from "../../../../local/event-source-mapping/invocation/kinesis-event.ts";

const record = (bytes: number, n: number) => ({
  sequenceNumber: String(n),
  dataBase64: "x".repeat(bytes),
  arrivalMs: 0,
});

describe("a batch buffer", () => {
  test("gives back every record once and in order, in batches within the limits unless one record alone is over them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(120), { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: emptyEventBytes, max: 200 }),
        (sizes, batchSize, payloadBytesMax) => {
          const buffer = new BatchBuffer({ batchSize, windowMs: 0, payloadBytesMax }, (each) => each.dataBase64.length);
          const records = sizes.map(record);
          buffer.push(records, 0);
          const batches = [];
          for (let batch = buffer.cut(0, false); batch !== undefined; batch = buffer.cut(0, false)) {
            batches.push(batch.map((held) => held.record));
          }
          expect(batches.flat()).toEqual(records);
          for (const batch of batches) {
            const bytes = batch.reduce((sum, each) => sum + each.dataBase64.length, emptyEventBytes + batch.length - 1);
            expect(batch.length).toBeLessThanOrEqual(batchSize);
            if (batch.length > 1) expect(bytes).toBeLessThanOrEqual(payloadBytesMax);
          }
        },
      ),
    );
  });

  test("opens the window of a record left over when that record was read, not when the batch before it was cut", () => {
    const buffer = new BatchBuffer({ batchSize: 2, windowMs: 1_000, payloadBytesMax: 6_000 }, () => 1);
    buffer.push([record(1, 1), record(1, 2), record(1, 3)], 5_000);
    expect(buffer.cut(5_100, false)).toHaveLength(2);
    expect(buffer.cut(5_999, false)).toBeUndefined();
    expect(buffer.windowEndMs).toBe(6_000);
    expect(buffer.cut(6_000, false)).toHaveLength(1);
  });

  test("does not wait for a window when nothing more can come", () => {
    const buffer = new BatchBuffer({ batchSize: 9, windowMs: 300_000, payloadBytesMax: 6_000 }, () => 1);
    buffer.push([record(1, 1)], 0);
    expect(buffer.cut(0, true)).toHaveLength(1);
  });
});

import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Compression, compress } from "../../../lib/producer/compression.ts";
import { EventsNotTaken } from "../../../lib/producer/drops.ts";
import { failureOf, requestLength } from "../../../lib/producer/put-records.ts";
import { settingsOf } from "../../../lib/producer/settings.ts";
import { backoffMs } from "../../../lib/producer/waiting.ts";
import { TestStream } from "./stream.ts";

const record = (bytes: number) => ({ data: Buffer.alloc(bytes), partitionKey: "someone", explicitHashKey: "0" });

describe("a request", () => {
  it("takes as many records from the front of the queue as fit into 500 records and 5 MiB, and no fewer", () => {
    const sizes = fc.oneof(
      fc.array(fc.integer({ min: 1, max: 1_048_000 }), { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 480, maxLength: 520 }),
    );
    fc.assert(
      fc.property(sizes, (all) => {
        const length = requestLength(all.map(record));
        const bytes = (count: number) => all.slice(0, count).reduce((sum, size) => sum + size + "someone".length, 0);
        expect(length).toBeGreaterThan(0);
        expect(length <= 500 && bytes(length) <= 5 * 1024 * 1024).toBe(true);
        if (length < all.length) expect(length === 500 || bytes(length + 1) > 5 * 1024 * 1024).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("is not repeated for the caller's fault, and is for throttling, the service's fault and the network's", () => {
    const cause = (name: string, $fault?: string) => Object.assign(new Error("why"), { name, $fault });
    const retried = (error: Error) => failureOf(error).retry;
    expect(retried(cause("ResourceNotFoundException", "client"))).toBe(false);
    expect(retried(cause("ValidationException", "client"))).toBe(false);
    expect(retried(cause("ProvisionedThroughputExceededException", "client"))).toBe(true);
    expect(retried(cause("KMSThrottlingException", "client"))).toBe(true);
    expect(retried(cause("InternalFailureException", "server"))).toBe(true);
    expect(retried(cause("Error"))).toBe(true);
    expect(failureOf(cause("Error")).reason).toBe("Error: why");
  });
});

describe("a record", () => {
  it("stays under 1 MiB with its key even where compression makes it grow", async () => {
    const { recordBytesMax } = largest();
    for (const compression of ["zstd", "gzip", "none"] satisfies Compression[]) {
      const stored = await compress[compression](randomBytes(recordBytesMax));
      expect(stored.length + 768).toBeLessThanOrEqual(1024 * 1024);
    }
  });
});

/** Settings with the largest record that is allowed. */
function largest() {
  const options = { client: TestStream.idleClient, streamName: "events" };
  try {
    settingsOf({ ...options, recordBytesMax: 2 ** 40 });
  } catch (error) {
    const max = /to (\d+), got/.exec(String(error))?.[1];
    return settingsOf({ ...options, recordBytesMax: Number(max) });
  }
  throw new Error("expected a bound on recordBytesMax");
}

describe("the options", () => {
  it("are refused out of their range, with the range and the value", () => {
    const options = { client: TestStream.idleClient, streamName: "events" };
    expect(() => settingsOf({ ...options, inFlightMax: 0 })).toThrow(
      "inFlightMax to be a whole number from 1 to 100, got 0",
    );
    expect(() => settingsOf({ ...options, backoff: { attemptsMax: 1.5 } })).toThrow("attemptsMax to be a whole number");
    expect(() => settingsOf({ ...options, compression: "lz4" as Compression })).toThrow(
      "one of zstd, gzip, none, got lz4",
    );
  });
});

describe("the wait between attempts", () => {
  it("doubles with each failure, is jittered over all of its length, and has a cap", () => {
    const backoff = { baseMs: 50, capMs: 5_000, attemptsMax: 10 };
    expect([1, 2, 3, 7, 8, 1_000].map((failures) => backoffMs(backoff, failures, () => 0.9999999))).toEqual([
      50, 100, 200, 3_200, 5_000, 5_000,
    ]);
    expect(backoffMs(backoff, 5, () => 0)).toBe(0);
  });
});

describe("the error for events that were not taken", () => {
  it("says how many, of which stream, and why", () => {
    const reasons = new Map(Array.from({ length: 7 }, (_, index) => [`reason ${index}`, index + 1]));
    const error = new EventsNotTaken("clicks", reasons, []);
    expect(error.events).toBe(28);
    expect(error.message).toMatch(/^28 events were not taken by stream clicks \(1: reason 0; .*and 2 more reasons\)$/);
  });
});

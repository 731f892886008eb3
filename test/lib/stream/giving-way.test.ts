import { ProvisionedThroughputExceededException } from "@aws-sdk/client-kinesis";
import { describe, expect, test } from "vitest";
import { GivingWay } from "../../../lib/stream/giving-way.ts";

const throttle = new ProvisionedThroughputExceededException({ message: "", $metadata: {} });

/** Reads of shards that throttle or not, at times in seconds. */
function readerWithClock() {
  let nowMs = 0;
  let attempts = 0;
  const givingWay = new GivingWay({ now: () => nowMs });
  const read = async (atSeconds: number, error?: unknown, shard = "a"): Promise<string> => {
    nowMs = atSeconds * 1_000;
    return givingWay.read(shard, async () => {
      attempts++;
      if (error !== undefined) throw error;
      return "records";
    });
  };
  return { read, attempts: () => attempts };
}

describe("a shard that throttles", () => {
  test("is left alone for two seconds, and not even asked", async () => {
    const { read, attempts } = readerWithClock();
    expect(await read(0, throttle)).toBe("later");
    expect(await read(1.999)).toBe("later");
    expect(attempts()).toBe(1);
    expect(await read(2)).toBe("records");
  });

  test("again is left alone for twice as long, up to a minute", async () => {
    const { read } = readerWithClock();
    let at = 0;
    for (const pause of [2, 4, 8, 16, 32, 60, 60]) {
      expect(await read(at, throttle)).toBe("later");
      expect(await read(at + pause - 0.001)).toBe("later");
      at += pause;
    }
    expect(await read(at)).toBe("records");
  });

  test("after it answered begins with two seconds again", async () => {
    const { read } = readerWithClock();
    await read(0, throttle);
    await read(2, throttle);
    expect(await read(6)).toBe("records");
    expect(await read(7, throttle)).toBe("later");
    expect(await read(9)).toBe("records");
  });

  test("holds up no other shard", async () => {
    const { read } = readerWithClock();
    await read(0, throttle);
    expect(await read(0, undefined, "b")).toBe("records");
  });
});

test.each(["ThrottlingException", "KMSThrottlingException", "LimitExceededException"])(
  "%s is a throttle too",
  async (name) => {
    const { read } = readerWithClock();
    expect(await read(0, Object.assign(new Error("no"), { name }))).toBe("later");
  },
);

test.each([new Error("no such stream"), "a text"])("any other error, such as %s, is the reader's", async (error) => {
  const { read } = readerWithClock();
  await expect(read(0, error)).rejects.toBe(error);
  expect(await read(0)).toBe("records");
});

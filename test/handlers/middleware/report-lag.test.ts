import middy from "@middy/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readBatch } from "../../../handlers/middleware/read-batch.ts";
import { reportLag } from "../../../handlers/middleware/report-lag.ts";
import { eventOf } from "../../../lib/recovery/isolate/kinesis-event.ts";
import type { BatchEvent } from "../../../lib/stream/batch.ts";
import { kinesisEvent, lambdaContext } from "../kinesis-event.ts";

const nowMs = Date.UTC(2026, 0, 1);
let lags: number[];
let end: (error?: Error) => void;

beforeEach(() => {
  lags = [];
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: nowMs });
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    const { ShardLag, service } = JSON.parse(String(text)) as { ShardLag: number; service: string };
    expect(service).toBe("millrace-events");
    return lags.push(ShardLag / 1_000) > 0;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const chain = middy<BatchEvent>()
  .use(readBatch())
  .use(reportLag())
  .handler(
    () =>
      new Promise((resolve, reject) => {
        end = (error) => (error === undefined ? resolve(null) : reject(error));
      }),
  );

/** An invocation that runs as long as the test lets it. */
function invoked(ageSeconds: number, more: Partial<BatchEvent> = {}) {
  const event = { ...kinesisEvent(["{}"], nowMs - ageSeconds * 1_000), ...more } as BatchEvent;
  const ended = chain(event, lambdaContext).catch((error: Error) => error.message);
  return { ended, begun: () => vi.waitFor(() => expect(event.batch).toBeDefined()) };
}

describe("the lag of a batch", () => {
  test("is published as an invocation begins and every 30 s while it runs", async () => {
    const { ended, begun } = invoked(300);
    await begun();
    vi.advanceTimersByTime(95_000);
    expect(lags).toEqual([300, 330, 360, 390]);
    end();
    await ended;
    vi.advanceTimersByTime(95_000);
    expect(lags).toHaveLength(4);
  });

  test("is published where the invocation fails, and not on and on", async () => {
    const { ended, begun } = invoked(300);
    await begun();
    end(new Error("down"));
    expect(await ended).toBe("down");
    vi.advanceTimersByTime(95_000);
    expect(lags).toEqual([300]);
  });

  test("is not worth a line before it is a minute", async () => {
    const { ended, begun } = invoked(5);
    await begun();
    vi.advanceTimersByTime(70_000);
    expect(lags).toEqual([65]);
    end();
    await ended;
  });

  test("is none where sweep, redrive or on-call brings the records: they hold nothing up", async () => {
    const arrivalMs = nowMs - 86_400_000;
    const record = { sequenceNumber: "1", partitionKey: "p", arrivalMs, data: Buffer.from("{}") };
    const { ended, begun } = invoked(0, eventOf({ streamName: "events", shardId: "shardId-0", records: [record] }));
    await begun();
    vi.advanceTimersByTime(95_000);
    expect(lags).toEqual([]);
    end();
    await ended;
  });
});

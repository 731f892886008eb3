import { TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import { TimestreamWriteClient } from "@aws-sdk/client-timestream-write";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientSettings } from "../../../../lib/aws.ts";
import type { Patience } from "../../../../lib/retry.ts";
import type { Row } from "../../../../lib/store/rows/row.ts";
import type { MetricQuestion, PartRows, PartRowsQuestion, Written } from "../../../../lib/store/rows/store.ts";
import { TimestreamStore } from "../../../../lib/store/rows/timestream.ts";
import { startAws, type TestAws } from "../../../aws.ts";

let aws: TestAws;
let store: TimestreamStore;
const minuteMs = 60_000;
const nowMs = Math.floor(Date.now() / minuteMs) * minuteMs - 5 * minuteMs;
const place = { database: "millrace", table: "metrics_1m" };
const patience: Patience = { deadlineMs: Number.POSITIVE_INFINITY };
/** All rows, with nothing to say of any. */
const written: Written = { refusals: [], existing: 0 };
let part = 0;

beforeAll(async () => {
  aws = await startAws();
  await aws.timestream.handle("CreateDatabase", JSON.stringify({ DatabaseName: place.database }), "localhost");
  const RetentionProperties = { MemoryStoreRetentionPeriodInHours: 24, MagneticStoreRetentionPeriodInDays: 10 };
  const table = { DatabaseName: place.database, TableName: place.table, RetentionProperties };
  await aws.timestream.handle("CreateTable", JSON.stringify(table), "localhost");
  store = TimestreamStore.connect(place);
});
afterAll(() => aws[Symbol.asyncDispose]());
beforeEach(() => {
  part++;
});

const row = (more: Partial<Row> = {}): Row => ({
  metric: `sales${part}`,
  def: "d1",
  bucketMs: nowMs,
  dimensions: [["shop", "Bremen"]],
  count: 2,
  numbers: { sum: 10.5, min: 1, max: 9.5 },
  ...more,
});

const question = (more: Partial<MetricQuestion> = {}): MetricQuestion => ({
  metric: `sales${part}`,
  def: "d1",
  measure: "sum",
  fromMs: nowMs - 60 * minuteMs,
  toMs: nowMs + minuteMs,
  every: "1m",
  by: ["shop"],
  where: [],
  order: { column: "time", descending: false },
  limit: 1_000,
  ...more,
});

describe("rows", () => {
  test("that were written are added up over their parts", async () => {
    expect(await store.write("p1", 1, [row()], patience)).toEqual(written);
    expect(
      await store.write("p2", 1, [row({ numbers: { sum: 0.25, min: 0.25, max: 0.25 }, count: 1 })], patience),
    ).toEqual(written);
    expect(await store.answer(question())).toEqual([{ timeMs: nowMs, values: ["Bremen"], value: 10.75 }]);
    expect((await store.answer(question({ measure: "count" })))[0]?.value).toBe(3);
  });

  test("of any number go out, whatever a request can hold", async () => {
    const rows = Array.from({ length: 1_234 }, (_, index) =>
      row({ dimensions: [["shop", `s${index}`]], count: index + 1 }),
    );
    expect(await store.write("p1", 1, rows, patience)).toEqual(written);
    const [total] = await store.answer(question({ measure: "count", by: [], every: undefined }));
    expect(total?.value).toBe((1_234 * 1_235) / 2);
  });

  test("that are there already are no refusal, and stay as they are", async () => {
    await store.write("p1", 1, [row()], patience);
    // The laptop's store refuses a row of equal version whether its value is another one or not.
    for (const count of [2, 3]) {
      expect(await store.write("p1", 1, [row({ count })], patience)).toEqual({ refusals: [], existing: 1 });
    }
    expect((await store.answer(question({ measure: "count" })))[0]?.value).toBe(2);
  });

  test("of a later version take the place of earlier ones; with count 0 they are out of every answer", async () => {
    await store.write("p1", 1, [row()], patience);
    expect(await store.write("p1", 2, [row({ count: 0, numbers: { sum: 0, min: 0, max: 0 } })], patience)).toEqual(
      written,
    );
    expect(await store.answer(question())).toEqual([]);
    // Whoever wrote the first version and was thought dead changes nothing any more.
    expect(await store.write("p1", 1, [row()], patience)).toEqual(written);
    expect(await store.answer(question())).toEqual([]);
  });

  test("out of retention are refused as late, their neighbours are written", async () => {
    const old = row({ bucketMs: nowMs - 48 * 60 * minuteMs });
    const { refusals } = await store.write("p1", 1, [row(), old], patience);
    expect(refusals).toEqual([{ row: old, reason: "late", detail: expect.stringContaining("time range") }]);
    expect(await store.answer(question())).toHaveLength(1);
  });

  test("that make the whole request invalid are found, refused alone, and their neighbours are written", async () => {
    const bad = row({
      dimensions: [
        ["shop", "x"],
        ["n".repeat(300), "y"],
      ],
    });
    const rows = Array.from({ length: 9 }, (_, index) => row({ dimensions: [["shop", `s${index}`]] }));
    const { refusals } = await store.write("p1", 1, [...rows.slice(0, 5), bad, ...rows.slice(5)], patience);
    expect(refusals).toEqual([{ row: bad, reason: "refused", detail: expect.any(String) }]);
    expect(await store.answer(question())).toHaveLength(9);
  });
});

describe("what the store holds of parts", () => {
  /** Of this test's own part, in the range of an hour before now, both ends of it at whole minutes. */
  const asked = async (more: Partial<PartRowsQuestion> = {}): Promise<PartRows[]> => {
    const range = { fromMs: nowMs - 60 * minuteMs, toMs: nowMs + minuteMs, parts: [`p${part}`] };
    return Array.fromAsync(store.rowsOfParts({ ...range, ...more }));
  };
  const put = (more: Partial<Row>, version = 1, id = `p${part}`) =>
    store.write(id, version, [row({ numbers: undefined, ...more })], patience);
  const atMs = (minutes: number): Partial<Row> => ({ bucketMs: nowMs - minutes * minuteMs });

  test("is the number of its rows, the sum of their counts, and their first and last minute", async () => {
    for (const minutes of [2, 0, 7]) await put({ ...atMs(minutes), count: 3 });
    await put({ metric: `other${part}`, count: 5 });
    const [firstBucketMs, lastBucketMs] = [nowMs - 7 * minuteMs, nowMs];
    expect(await asked()).toEqual([{ part: `p${part}`, rows: 4, count: 14, firstBucketMs, lastBucketMs }]);
  });

  test("is without rows that were taken back, and those of other minutes", async () => {
    await put(atMs(3));
    await put(atMs(2));
    await put({ ...atMs(2), count: 0 }, 2);
    for (const minutes of [61, 60]) await put(atMs(minutes));
    expect(await asked()).toMatchObject([{ rows: 2, firstBucketMs: nowMs - 60 * minuteMs }]);
    expect(await asked({ toMs: nowMs - 3 * minuteMs })).toMatchObject([{ rows: 1 }]);
  });

  test("has the sums too where they are asked for, whatever their signs", async () => {
    await put({ numbers: { sum: -2.5, min: -2.5, max: 0 } });
    await put({ ...atMs(1), numbers: { sum: 4, min: 4, max: 4 } });
    expect(await asked({ withSums: true })).toMatchObject([{ rows: 2, sum: 6.5 }]);
    expect((await asked())[0]).not.toHaveProperty("sum");
  });

  test("is said of the parts that are asked for, and of all where none is named", async () => {
    for (const id of ["a", "b", "c"]) await put({}, 1, `${id}${part}`);
    const named = async (parts: PartRowsQuestion["parts"]) =>
      (await asked({ parts })).map((each) => each.part).filter((id) => id.endsWith(String(part)));
    expect((await named([`a${part}`, `c${part}`, "o'hara"])).sort()).toEqual([`a${part}`, `c${part}`]);
    expect((await named(undefined)).sort()).toEqual([`a${part}`, `b${part}`, `c${part}`]);
  });
});

test("a question about a metric that never counted has no rows, and no error", async () => {
  expect(await store.answer(question({ by: ["never_seen"], metric: "never" }))).toEqual([]);
});

test("a store that is throttled is waited for, and the wait is told", async () => {
  // The real service cannot be made to throttle on demand: a step of the client's own chain answers as it would.
  const settings = { ...clientSettings(), maxAttempts: 1, endpoint: aws.url };
  const write = new TimestreamWriteClient(settings);
  let refusals = 3;
  write.middlewareStack.add(
    (next) => async (parameters) => {
      if (refusals-- > 0) throw Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
      return next(parameters);
    },
    { step: "initialize" },
  );
  const slept: number[] = [];
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  const throttled = new TimestreamStore({ write, query: new TimestreamQueryClient(settings) }, place, clock);
  const waits: string[] = [];
  await throttled.write("p1", 1, [row()], { deadlineMs: 180_000, onWait: (why) => waits.push(why) });
  expect(waits).toEqual(["ThrottlingException", "ThrottlingException", "ThrottlingException"]);
  expect(slept).toHaveLength(3);
  expect(await store.answer(question())).toHaveLength(1);
});

test("a store that is down until patience ends throws, so that the batch comes again", async () => {
  const settings = { ...clientSettings(), maxAttempts: 1, endpoint: "http://127.0.0.1:9" };
  let nowMs = 0;
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  const clients = { write: new TimestreamWriteClient(settings), query: new TimestreamQueryClient(settings) };
  const down = new TimestreamStore(clients, place, clock);
  await expect(down.write("p1", 1, [row()], { deadlineMs: 60_000 })).rejects.toThrow("ECONNREFUSED");
  expect(nowMs).toBeGreaterThan(40_000);
});

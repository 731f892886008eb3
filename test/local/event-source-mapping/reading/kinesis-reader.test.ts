import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import kinesalite from "kinesalite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { kinesisCall } from "../../../../local/event-source-mapping/reading/kinesis-client.ts";
import { kinesisReader } from "../../../../local/event-source-mapping/reading/kinesis-reader.ts";
import type { Position, StreamReader } from "../../../../local/event-source-mapping/reading/stream-reader.ts";

const A = "shardId-000000000000";
const start: Position = { kind: "trim-horizon" };

let server: Server;
let endpoint: string;
let reader: StreamReader;

const call = (operation: string, input: Record<string, unknown>) => kinesisCall(endpoint)(operation, input, 1_000_000);

beforeEach(async () => {
  server = kinesalite({ createStreamMs: 0, updateStreamMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  reader = kinesisReader({ endpoint, streamName: "events", now: Date.now });
  await call("CreateStream", { StreamName: "events", ShardCount: 1 });
  await active();
});

afterEach(async () => {
  vi.useRealTimers();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
});

async function active(): Promise<void> {
  for (;;) {
    const answer = (await call("DescribeStreamSummary", { StreamName: "events" })) as {
      StreamDescriptionSummary: { StreamStatus: string };
    };
    if (answer.StreamDescriptionSummary.StreamStatus === "ACTIVE") return;
  }
}

const put = (...texts: string[]) =>
  call("PutRecords", {
    StreamName: "events",
    Records: texts.map((text) => ({ PartitionKey: "p", Data: Buffer.from(text).toString("base64") })),
  });

const textsOf = (records: readonly { dataBase64: string }[]) =>
  records.map((record) => Buffer.from(record.dataBase64, "base64").toString());

/** Reads from a position until nothing is left; gives the texts and where it came to. */
async function drain(from: Position, limit = 100) {
  const texts: string[] = [];
  let position = from;
  for (;;) {
    const page = await reader.read(A, position, limit);
    texts.push(...textsOf(page.records));
    const last = page.records.at(-1);
    if (last !== undefined) position = { kind: "after", sequenceNumber: last.sequenceNumber };
    if (page.ended || page.millisBehindLatest === 0) return { texts, position, ended: page.ended };
  }
}

describe("reading a local Kinesis", () => {
  test("gives the records of a shard in order, with their keys and arrival in milliseconds", async () => {
    const before = Date.now();
    await put("a", "b", "c");
    const page = await reader.read(A, start, 10);
    expect(textsOf(page.records)).toEqual(["a", "b", "c"]);
    expect(page).toMatchObject({ millisBehindLatest: 0, ended: false });
    for (const record of page.records) {
      expect(record.partitionKey).toBe("p");
      expect(record.sequenceNumber).toMatch(/^\d{56}$/);
      expect(Number.isInteger(record.arrivalMs) && record.arrivalMs >= before && record.arrivalMs <= Date.now()).toBe(
        true,
      );
    }
  });

  test("tells that it is behind as long as a page was cut", async () => {
    await put("a", "b", "c");
    expect((await reader.read(A, start, 2)).millisBehindLatest).toBeGreaterThan(0);
    expect(await drain(start, 2)).toMatchObject({ texts: ["a", "b", "c"], ended: false });
  });

  test("goes on after any record, from the place it left or from one it never was at", async () => {
    await put("a", "b");
    const { position } = await drain(start);
    await put("c");
    expect((await drain(position)).texts).toEqual(["c"]);
    reader = kinesisReader({ endpoint, streamName: "events", now: Date.now });
    expect((await drain(position)).texts).toEqual(["c"]);
  });

  test("begins at a time, and does not wait for a record to come", async () => {
    await put("a");
    const ms = Date.now() + 60_000;
    const from: Position = { kind: "at-timestamp", ms };
    expect((await drain(from)).texts).toEqual([]);
    vi.useFakeTimers({ toFake: ["Date"], now: ms });
    await put("b");
    expect((await drain(from)).texts).toEqual(["b"]);
  });

  test("takes a new iterator when its own has expired", async () => {
    await put("a");
    const { position } = await drain(start);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * 60_000 });
    await put("b");
    expect((await drain(position)).texts).toEqual(["b"]);
  });

  test("goes on with what is left when the records at its position have expired", async () => {
    await put("a", "b");
    const first = await reader.read(A, start, 1);
    const position: Position = { kind: "after", sequenceNumber: first.records[0]?.sequenceNumber ?? "" };
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * 3_600_000 });
    await put("c");
    expect((await drain(position)).texts).toEqual(["c"]);
    expect((await drain(start)).texts).toEqual(["c"]);
  });

  test("comes to the end of a shard that was split, and lists its children", async () => {
    await put("a");
    await call("SplitShard", { StreamName: "events", ShardToSplit: A, NewStartingHashKey: String(2n ** 127n) });
    await active();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2_000 });
    const texts: string[] = [];
    let position: Position = start;
    for (let n = 0, ended = false; !ended && n < 10; n++) {
      const page = await reader.read(A, position, 10);
      texts.push(...textsOf(page.records));
      const last = page.records.at(-1);
      if (last !== undefined) position = { kind: "after", sequenceNumber: last.sequenceNumber };
      ended = page.ended;
      if (n === 9) expect(ended).toBe(true);
    }
    expect(texts).toEqual(["a"]);
    expect((await reader.listShards()).map((shard) => [shard.shardId.slice(-1), shard.parentShardId])).toEqual([
      ["0", undefined],
      ["1", A],
      ["2", A],
    ]);
  });

  test("keeps a page within its bytes, however large the records are", async () => {
    reader = kinesisReader({ endpoint, streamName: "events", now: Date.now, pageBytes: 64 * 1024 });
    const texts = Array.from({ length: 40 }, (_, n) => String(n % 10).repeat(20_000));
    await put(...texts);
    const pages: number[] = [];
    const read: string[] = [];
    let position: Position = start;
    for (;;) {
      const page = await reader.read(A, position, 10_000);
      pages.push(page.records.reduce((sum, record) => sum + record.dataBase64.length, 0));
      read.push(...textsOf(page.records));
      const last = page.records.at(-1);
      if (last === undefined) break;
      position = { kind: "after", sequenceNumber: last.sequenceNumber };
    }
    expect(read).toEqual(texts);
    expect(Math.max(...pages)).toBeLessThanOrEqual(128 * 1024);
  });

  test("says what Kinesis said when it refuses", async () => {
    const other = kinesisReader({ endpoint, streamName: "other", now: Date.now });
    await expect(other.read(A, start, 1)).rejects.toThrow(/ResourceNotFoundException.*Stream other/);
    const elsewhere: Position = { kind: "after", sequenceNumber: "1" };
    await expect(reader.read(A, elsewhere, 1)).rejects.toThrow(/InvalidArgumentException: GetShardIterator/);
  });
});

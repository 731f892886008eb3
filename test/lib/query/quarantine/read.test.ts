import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import { answerQuarantine, type QuarantinePorts, readLimits } from "../../../../lib/query/quarantine/answer.ts";
import { entryId, readEntryId } from "../../../../lib/query/quarantine/entry.ts";
import { positionText, readPosition } from "../../../../lib/query/quarantine/position.ts";
import { readQuarantineQuestion } from "../../../../lib/query/quarantine/question.ts";
import { findEntry, shownEntry } from "../../../../lib/query/quarantine/show.ts";
import type { CommittedPart } from "../../../../lib/store/ledger/ledger.ts";
import { S3Quarantine } from "../../../../lib/store/quarantine/s3.ts";
import { S3QuarantineFiles } from "../../../../lib/store/quarantine/s3-files.ts";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";
import { startAwsEndpoint } from "../../../../local/endpoint/aws-endpoint.ts";
import { openS3 } from "../../../../local/s3/s3.ts";
import { MemoryQuarantine } from "../../../memory/memory-quarantine.ts";
import { arrivalMs, config, folded, order, record } from "../../roll-up/fold/shop.ts";

const streamName = "events";
const shardId = "shardId-000000000000";
const shard = `${streamName}/${shardId}`;
const minuteMs = 60_000;
const definitions = definitionsOf(config);

/** Parts that the ledger has: by their last record, and the number of their definitions. */
function ledgerOf(parts: Readonly<Record<string, { id: string; version: number }>>) {
  return {
    committed: async (_shard: string, sequence: string) => {
      const part = parts[sequence];
      if (part === undefined) return [];
      return [{ id: part.id, definitions: Array(part.version).fill("d") } as unknown as CommittedPart];
    },
  };
}

const portsOf = (files: QuarantinePorts["files"], ledger = ledgerOf({})): QuarantinePorts => ({
  files,
  ledger,
  clock: { now: () => arrivalMs },
});

const question = (query = "", nowMs = arrivalMs + minuteMs) =>
  readQuarantineQuestion(new URLSearchParams(query), nowMs);

const at = (records: readonly StreamRecord[], laterMs: number): StreamRecord[] =>
  records.map((one) => ({ ...one, arrivalMs: arrivalMs + laterMs }));

/** Rejected events in a few parts: by reason, event and source. */
async function filled(): Promise<MemoryQuarantine> {
  const files = new MemoryQuarantine();
  const put = async (part: string, version: number, laterMs: number, records: readonly StreamRecord[]) => {
    const place = { part, version, firstArrivalMs: arrivalMs + laterMs };
    await files.put(shard, place, folded(at(records, laterMs), definitions).rejected);
  };
  const bad = (more: object) => order({ properties: { revenue: "x" }, source: "web", ...more });
  await put("aa", 1, 0, [record([bad({}), order(), bad({ event: "Order Refunded" })], 1), record("junk", 2)]);
  await put("bb", 1, 10_000, [record([bad({ source: "server" })], 3)]);
  await put("bb", 2, 10_000, []);
  await put("cc", 1, 20_000, [record([bad({ source: "server", messageId: "m1" })], 4)]);
  return files;
}

describe("the id of an entry", () => {
  test("names its place, and nothing else does", () => {
    const digits = (max: number) => fc.stringMatching(new RegExp(`^[1-9]\\d{0,${max}}$`));
    const place = fc.record({
      minute: fc.constantFrom("2026-01-31T0000", "2031-12-01T2359"),
      shardId: digits(11).map((number) => `shardId-${number.padStart(12, "0")}`),
      part: fc.stringMatching(/^[0-9a-f]{16}$/),
      sequenceNumber: digits(55),
      index: fc.option(fc.nat(4_999), { nil: undefined }),
    });
    fc.assert(fc.property(place, (one) => void expect(readEntryId(entryId(one))).toEqual(one)));
    fc.assert(fc.property(fc.string(), (text) => void expect(readEntryId(text)).toBe(undefined)));
    expect(encodeURIComponent(entryId({ ...fc.sample(place, 1)[0] } as never))).toMatch(/^[\w.-]+$/);
  });
});

describe("a list of quarantine", () => {
  test("says how many by reason, event and source, and the newest entries, of each part's highest version", async () => {
    const answer = await answerQuarantine(
      question(),
      portsOf(await filled(), ledgerOf({ 4: { id: "cc", version: 1 } })),
    );
    expect(answer).toMatchObject({
      events: 4,
      complete: true,
      byReason: [
        { value: "invalid", events: 3 },
        { value: "unreadable", events: 1 },
      ],
      byEvent: [
        { value: "Order Completed", events: 2 },
        { value: "Order Refunded", events: 1 },
        { value: null, events: 1 },
      ],
      bySource: [
        { value: "web", events: 2 },
        { value: null, events: 1 },
        { value: "server", events: 1 },
      ],
    });
    expect(answer.entries[0]).toEqual({
      id: "2026-01-31T1200.shardId-000000000000.cc.4.0",
      reason: "invalid",
      detail: expect.stringContaining("properties.revenue"),
      event: "Order Completed",
      source: "server",
      messageId: "m1",
      arrival: "2026-01-31T12:00:20.000Z",
      timestamp: "2026-01-31T11:59:00.000Z",
      settled: true,
    });
    expect(answer.entries.map(({ settled }) => settled)).toEqual([true, false, false, false]);
    expect(JSON.stringify(answer)).not.toContain('"properties"');
  });

  test.each([
    ["reason=unreadable", ["aa.2.0"]],
    ["event=Order+Refunded", ["aa.1.2"]],
    ["source=server", ["cc.4.0"]],
    ["reason=invalid&source=web&event=Order+Completed", ["aa.1.0"]],
    ["from=2026-01-31T12:00:10Z", ["cc.4.0"]],
    ["to=2026-01-31T12:00:10Z&reason=invalid", ["aa.1.0", "aa.1.2"]],
    ["reason=plan", []],
  ])("of %s has just these", async (query, ids) => {
    const { entries } = await answerQuarantine(question(query), portsOf(await filled()));
    expect(entries.map(({ id }) => id.split(".").slice(2).join("."))).toEqual(ids);
  });

  test("reads no more than its limits, says so, and goes on where it ended: each event once", async () => {
    const files = new MemoryQuarantine();
    for (let part = 0; part < 7; part++) {
      const records = [record("a\nb\nc", part * 2), record("d", part * 2 + 1)];
      await files.put(
        shard,
        { part: `${part}`, version: 1, firstArrivalMs: arrivalMs },
        folded(records, definitions).rejected,
      );
    }
    const shape = fc.record({
      limit: fc.integer({ min: 1, max: 9 }),
      filesMax: fc.integer({ min: 1, max: 4 }),
      eventsMax: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ limit, ...limits }) => {
        const ids: string[] = [];
        let next: string | undefined;
        let answers = 0;
        do {
          const query = `limit=${limit}${next === undefined ? "" : `&next=${next}`}`;
          const answer = await answerQuarantine(question(query), portsOf(files), { ...readLimits, ...limits });
          expect(answer.events).toBeGreaterThanOrEqual(answer.entries.length);
          ids.push(...answer.entries.map(({ id }) => id));
          next = answer.next;
          answers++;
        } while (next !== undefined && answers < 100);
        expect(ids).toHaveLength(28);
        expect(new Set(ids).size).toBe(28);
      }),
      { numRuns: 50 },
    );
    const first = await answerQuarantine(question(), portsOf(files), { ...readLimits, filesMax: 3 });
    expect([first.events, first.complete, typeof first.next]).toEqual([12, false, "string"]);
  });

  test.each([
    ["reason=nothing", "reason"],
    ["from=yesterday", "from"],
    ["from=-1h&to=-2h", "to"],
    ["limit=501", "limit"],
    ["next=x", "next"],
    ["order=time", "query"],
    ["event=a&event=b", "event"],
    [`source=${"x".repeat(300)}`, "source"],
  ])("asked for %s names the field %s", (query, field) => {
    expect(() => question(query)).toThrow(expect.objectContaining({ status: 400, field }));
  });

  test("takes no position that it did not give", () => {
    const position = { minute: "2026-01-31T1200", name: "events/s/0a", version: 1, events: 3 };
    expect(readPosition(positionText(position))).toEqual(position);
    fc.assert(fc.property(fc.string({ maxLength: 50 }), (text) => void readPosition(text)));
    fc.assert(
      fc.property(
        fc.jsonValue(),
        (value) => void readPosition(Buffer.from(JSON.stringify(value)).toString("base64url")),
      ),
    );
  });
});

describe("quarantine in S3", () => {
  let directory: string;
  let endpoint: Awaited<ReturnType<typeof startAwsEndpoint>>;
  let client: S3Client;
  let files: S3QuarantineFiles;
  const Bucket = "rejects";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-quarantine-"));
    const s3 = openS3({ directory });
    endpoint = await startAwsEndpoint({ port: 0, services: { s3 } });
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    client = new S3Client({ endpoint: endpoint.url, region: "us-east-1", credentials, forcePathStyle: true });
    await s3.createBucket(Bucket);
    files = new S3QuarantineFiles(client, Bucket);
  });
  afterAll(async () => {
    client.destroy();
    await endpoint.close();
    await rm(directory, { recursive: true, force: true });
  });

  const put = (Key: string, Body: Buffer) => client.send(new PutObjectCommand({ Bucket, Key, Body }));

  test("gives back each event's bytes, whatever its record was packed in, and the record", async () => {
    const text = JSON.stringify(order({ properties: { revenue: "Ünd" } }));
    const packed = record(gzipSync(`[${JSON.stringify(order())}, ${text}]`), 7);
    const place = { part: "0a", version: 1, firstArrivalMs: arrivalMs };
    await new S3Quarantine(client, Bucket).put(shard, place, folded([packed], definitions).rejected);
    const ports = portsOf(files, ledgerOf({ 7: { id: "0a", version: 1 } }));
    const id = "2026-01-31T1200.shardId-000000000000.0a.7.1";
    const event = await findEntry(id, streamName, ports);
    if (event === undefined) throw new Error("Expected an entry, got none");
    expect(await shownEntry(event, ports)).toMatchObject({
      id,
      text,
      record: packed.data.toString("base64"),
      shardId,
      sequenceNumber: "7",
      index: 1,
      partitionKey: "person",
      settled: true,
    });
    for (const none of ["7.0", "8.1", "7.record"]) {
      const other = `2026-01-31T1200.shardId-000000000000.0a.${none}`;
      expect(await findEntry(other, streamName, ports)).toBe(undefined);
    }
    expect(await findEntry("../../etc", streamName, ports)).toBe(undefined);
  });

  test.each([
    ["long", "x".repeat(5_000_000)],
    ["full of quotes", '"'.repeat(700_000)],
  ])("an event whose text is more than an answer holds (%s) is shown as its record", async (title, value) => {
    const data = gzipSync(JSON.stringify({ ...order(), text: value }));
    const huge = { ...record("", 9), data };
    const part = title === "long" ? "0c" : "0d";
    await new S3Quarantine(client, Bucket).put(
      shard,
      { part, version: 1, firstArrivalMs: arrivalMs },
      folded([huge], definitions).rejected,
    );
    const ports = portsOf(files);
    const event = await findEntry(`2026-01-31T1200.shardId-000000000000.${part}.9.0`, streamName, ports);
    if (event === undefined) throw new Error("Expected an entry, got none");
    const shown = await shownEntry(event, ports);
    expect(shown).toMatchObject({ reason: "too-large", text: null, record: data.toString("base64") });
  });

  test.each([
    ["no gzip", Buffer.from("x")],
    ["gzip that is cut off", gzipSync('{"data":"","events":[]}\n').subarray(0, 20)],
    ["no JSON", gzipSync("x\n")],
    ["JSON of somebody else", gzipSync("5\n")],
    ["a line without an end", gzipSync("x".repeat(9 * 1024 * 1024))],
  ])("passes over a file with %s", async (_, body) => {
    await put(`quarantine/2026-01-31/1200/${shard}/0c.1.ndjson.gz`, body);
    await put("quarantine/2026-01-31/1200/other.txt", Buffer.from("x"));
    const { complete, entries } = await answerQuarantine(
      { fromMs: arrivalMs - minuteMs, toMs: arrivalMs + minuteMs, limit: 100 },
      portsOf(files),
    );
    expect(complete).toBe(true);
    expect(entries.filter(({ id }) => id.includes(".0c."))).toEqual([]);
    expect(entries.length).toBeGreaterThan(0);
  });
});

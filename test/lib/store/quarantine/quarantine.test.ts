import { gunzipSync, gzipSync } from "node:zlib";
import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type QuarantinedRecord, quarantineLines, type Rejected } from "../../../../lib/store/quarantine/quarantine.ts";
import { S3Quarantine } from "../../../../lib/store/quarantine/s3.ts";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";
import { arrivalMs, folded, order, record } from "../../roll-up/fold/shop.ts";

const linesOf = (rejected: readonly Rejected[]): QuarantinedRecord[] => [
  ...quarantineLines("events/shardId-0", rejected),
];
const linesOfRecords = (...records: StreamRecord[]): QuarantinedRecord[] => linesOf(folded(records).rejected);

describe("the lines of a quarantine file", () => {
  it("hold a record whole and to the byte, its place in the stream, and which events of it were rejected, why", () => {
    const one = record([order(), { type: "click" }, order()], 7);
    expect(linesOfRecords(one)).toEqual([
      {
        shard: "events/shardId-0",
        sequenceNumber: "7",
        partitionKey: "person",
        arrival: "2026-01-31T12:00:00.000Z",
        data: one.data.toString("base64"),
        events: [
          { from: 1, to: 1, reason: "invalid", detail: expect.stringMatching(/^type: expected .* got "click"$/) },
        ],
      },
    ]);
  });

  it("give back the bytes of any record that could not be taken apart", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const data = Buffer.concat([gzipSync("{"), Buffer.from(bytes), Buffer.from([1])]);
        const [line] = linesOfRecords(record(data));
        expect(Buffer.from(line?.data ?? "", "base64").equals(data)).toBe(true);
        expect(line?.events).toEqual([{ whole: true, reason: "unreadable", detail: expect.any(String) }]);
      }),
    );
  });

  it("say nothing of a partition key where the stream gave none", () => {
    const [line] = linesOfRecords({ ...record("x"), partitionKey: undefined });
    expect(line).not.toHaveProperty("partitionKey");
  });

  it("are none where nothing was rejected, and one for each record", () => {
    expect(linesOfRecords(record([order()]))).toEqual([]);
    const lines = linesOfRecords(record("x", 1), record([order()], 2), record("x", 3), record("x", 4));
    expect(lines.map(({ sequenceNumber }) => sequenceNumber)).toEqual(["1", "3", "4"]);
  });

  it("name neighbours that were rejected for the same reason once, by the first and the last", () => {
    const [line] = linesOfRecords(record(`x\ny\n${JSON.stringify(order())}\nz\n5\n5\n6\n`));
    expect(line?.events.map((event) => ("whole" in event ? "whole" : [event.from, event.to, event.reason]))).toEqual([
      [0, 1, "unreadable"],
      [3, 3, "unreadable"],
      [4, 5, "invalid"],
      [6, 6, "invalid"],
    ]);
  });

  it("name every rejected event exactly once, in order", () => {
    const text = fc.constantFrom(
      "x",
      "5",
      '{"type":"page"}',
      '{"type":"click"}',
      '{"type":"page","timestamp":"1001-01-01T00:00:00Z"}',
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 30 }), (texts) => {
        const { rejected } = folded([record(texts.join("\n"))]);
        const named = linesOf(rejected).flatMap(({ events }) =>
          events.flatMap((event) =>
            "whole" in event
              ? []
              : Array.from({ length: event.to - event.from + 1 }, (_, index) => [
                  event.from + index,
                  event.reason,
                  event.detail,
                ]),
          ),
        );
        expect(named).toEqual(rejected.map(({ index, problem }) => [index, problem.reason, problem.detail]));
      }),
    );
  });

  it("stay small for a record that is small and holds 5,000 bad events", () => {
    const same = gzipSync(Array(5_000).fill("x").join("\n"));
    expect(JSON.stringify(linesOfRecords(record(same))).length).toBeLessThan(1_000);
    const each = gzipSync(Array.from({ length: 5_000 }, (_, index) => `${index}${"0".repeat(100)}`).join("\n"));
    expect(JSON.stringify(linesOfRecords(record(each))).length).toBeLessThan(5_000 * 250);
  });
});

/** The bytes that were put. */
const bodyOf = (put: PutObjectCommandInput | undefined): Buffer => {
  if (!Buffer.isBuffer(put?.Body)) throw new Error("Expected bytes, got something else");
  return put.Body;
};

describe("a quarantine file in S3", () => {
  /** An S3 that keeps what is put. */
  function bucket() {
    const puts: PutObjectCommandInput[] = [];
    const send = async (command: unknown): Promise<object> => {
      if (!(command instanceof PutObjectCommand)) throw new Error("Expected PutObject, got something else");
      puts.push(command.input);
      return {};
    };
    return { puts, quarantine: new S3Quarantine({ send } as unknown as S3Client, "rejects") };
  }

  it("is one a part, below the minute in which the first of its records arrived, with a line for each record", async () => {
    const { puts, quarantine } = bucket();
    const rejected = folded([record("x", 1), record("y", 2)]).rejected;
    await quarantine.put("events/shardId-0", { part: "abc", version: 1, firstArrivalMs: arrivalMs }, rejected);
    expect(puts).toHaveLength(1);
    expect(puts[0]).toMatchObject({
      Bucket: "rejects",
      Key: "quarantine/2026-01-31/1200/events/shardId-0/abc.1.ndjson.gz",
      ContentEncoding: "gzip",
    });
    const lines = gunzipSync(bodyOf(puts[0])).toString().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(linesOf(rejected));
  });

  it("is another one under later definitions: whoever comes too late with the earlier ones writes over nobody's", async () => {
    const { puts, quarantine } = bucket();
    const place = { part: "abc", firstArrivalMs: arrivalMs };
    await quarantine.put("events/shardId-0", { ...place, version: 2 }, []);
    await quarantine.put("events/shardId-0", { ...place, version: 1 }, folded([record("x", 1)]).rejected);
    expect(puts.map(({ Key }) => Key?.slice(-15))).toEqual(["abc.2.ndjson.gz", "abc.1.ndjson.gz"]);
  });

  it("says that nothing was rejected, where an earlier definition said otherwise", async () => {
    const { puts, quarantine } = bucket();
    await quarantine.put("events/shardId-0", { part: "abc", version: 1, firstArrivalMs: arrivalMs }, []);
    expect(gunzipSync(bodyOf(puts[0])).toString()).toBe("");
  });

  it("is the same, to the byte, when it is written again", async () => {
    const { puts, quarantine } = bucket();
    for (let time = 0; time < 2; time++) {
      const records = [
        record("x", 1),
        { ...record([5, 6, { type: "page", timestamp: 5 }], 2), arrivalMs: arrivalMs + 86_400_000 },
      ];
      await quarantine.put(
        "events/shardId-0",
        { part: "abc", version: 1, firstArrivalMs: arrivalMs },
        folded(records).rejected,
      );
    }
    expect(puts[0]?.Key).toBe(puts[1]?.Key);
    expect(bodyOf(puts[0]).equals(bodyOf(puts[1]))).toBe(true);
  });

  it("is compressed line by line: no line is made before the one ahead of it is taken", async () => {
    const { puts, quarantine } = bucket();
    let turn = 0;
    let ticking = setImmediate(function tick() {
      turn++;
      ticking = setImmediate(tick);
    });
    const turns = new Set<number>();
    const records = Array.from({ length: 10 }, (_, index) => {
      const whole = record(Buffer.alloc(256 * 1024, index), index);
      const seen = {
        get sequenceNumber() {
          turns.add(turn);
          return whole.sequenceNumber;
        },
      };
      return Object.defineProperties({ ...whole }, Object.getOwnPropertyDescriptors(seen));
    });
    await quarantine.put(
      "events/shardId-0",
      { part: "abc", version: 1, firstArrivalMs: arrivalMs },
      folded(records).rejected,
    );
    clearImmediate(ticking);
    expect(gunzipSync(bodyOf(puts[0])).toString().trimEnd().split("\n")).toHaveLength(10);
    expect(turns.size).toBeGreaterThan(5);
  });
});

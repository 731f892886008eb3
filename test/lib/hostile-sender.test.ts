import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { privacyOf } from "../../lib/collect/privacy.ts";
import { basicKey } from "../../lib/collect/write-key.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { count, sum, track } from "../../lib/config.ts";
import { partitionKey } from "../../lib/producer/event-line.ts";
import { dimensionValue } from "../../lib/roll-up/fold/dimension.ts";
import { PartFold } from "../../lib/roll-up/fold/part-fold.ts";
import { readEvent } from "../../lib/stream/event/event.ts";
import { unpack } from "../../lib/stream/unpack.ts";
import { parseTimestamp } from "../../lib/time.ts";

/*
 * Input that a sender chooses must cost no more than its size: sixteen times as much takes about sixteen times as long.
 * A quadratic cost would take 256 times as long; the limit lies in between.
 */
const larger = 16;
const timesLonger = 80;
const arrivalMs = Date.UTC(2026, 0, 31, 12);

const definitions = definitionsOf({
  metrics: {
    sales: { on: track(), measure: sum("properties.price"), by: { shop: "properties.shop" } },
    all: { on: track(), measure: count() },
  },
});

const event = (fields: object): string =>
  JSON.stringify({ type: "track", event: "x", timestamp: new Date(arrivalMs).toISOString(), ...fields });
const events = (size: number, make: (index: number) => object): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, index) => event(make(index))).join("\n"));

/** Folds a record as the roll-up does. */
function fold(data: Buffer): void {
  new PartFold(definitions).add({ sequenceNumber: "1", partitionKey: "p", arrivalMs, data });
}

/** A KPL aggregated record with this many user records. */
function aggregated(users: number, data: Buffer): Buffer {
  const user = Buffer.concat([Buffer.from([0x08, 0x00, 0x1a, data.length]), data]);
  const field = Buffer.concat([Buffer.from([0x1a, user.length]), user]);
  const body = Buffer.concat(Array.from({ length: users }, () => field));
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), body, createHash("md5").update(body).digest()]);
}

const hashed = privacyOf({ remove: [], hash: ["emails", "people.email"] }, "key");

const multiples = (size: number, of: number) => (index: number) => ((index % size) * of) % 2 ** 24;

/** What a sender may choose, and the code that meets it; `size` is the smaller of two that are compared. */
const chosen: readonly [what: string, size: number, make: (size: number) => () => void][] = [
  [
    "message ids",
    300,
    (size) =>
      run(
        fold,
        events(size, (index) => ({ messageId: `m${index}` })),
      ),
  ],
  [
    "message ids that are numbers",
    300,
    (size) =>
      run(
        fold,
        events(size, (index) => ({ messageId: String(index) })),
      ),
  ],
  [
    "numbers with one hash of V8 before CVE-2026-21717 as dimension values",
    300,
    (size) =>
      run(
        fold,
        events(size, (index) => ({ properties: { shop: String(multiples(5_000, 4_096)(index)) } })),
      ),
  ],
  [
    "dimension values",
    300,
    (size) =>
      run(
        fold,
        events(size, (index) => ({ properties: { shop: `s${index}` } })),
      ),
  ],
  [
    "minutes",
    300,
    (size) =>
      run(
        fold,
        events(size, (index) => ({ timestamp: new Date(arrivalMs - index * 60_000).toISOString() })),
      ),
  ],
  [
    "sources",
    300,
    (size) =>
      run(
        fold,
        events(size, (index) => ({ messageId: "m", source: `s${index}` })),
      ),
  ],
  [
    "a long source",
    3_000,
    (size) =>
      run(
        fold,
        events(40, () => ({ messageId: "m", source: "s".repeat(size) })),
      ),
  ],
  [
    "names of fields that are numbers",
    200,
    (size) => {
      const fields = Array.from({ length: size }, (_, index) => [String(multiples(5_000, 4_096)(index)), 1]);
      return run(fold, Buffer.from(event({ properties: Object.fromEntries(fields) })));
    },
  ],
  ["blank lines", 20_000, (size) => run(fold, Buffer.from(`{}\n${" \n".repeat(size)}{}`))],
  ["open brackets", 30_000, (size) => run(unpack, Buffer.from(`${"[".repeat(size)}]`))],
  ["open brackets in an event", 1_900, (size) => run(fold, Buffer.from(`{"a":${"[".repeat(size)}`))],
  ["escaped quotes", 30_000, (size) => run(unpack, Buffer.from(`["${'\\"'.repeat(size)}"]`))],
  ["backslashes", 30_000, (size) => run(unpack, Buffer.from(`["${"\\\\".repeat(size)}"]`))],
  ["quotes that nothing closes", 30_000, (size) => run(unpack, Buffer.from(`["${'"'.repeat(size)}]`))],
  ["commas", 300, (size) => run(fold, Buffer.from(`[${"1,".repeat(size)}1]`))],
  ["lines in one object", 30_000, (size) => run(unpack, Buffer.from(`{"a":[${"\n".repeat(size)}1]}`))],
  ["user records", 300, (size) => run(fold, aggregated(size, Buffer.from(event({}).slice(0, 90))))],
  ["compressed user records", 100, (size) => run(fold, aggregated(size, gzipSync("{}")))],
  ["compressed zeros", 500_000, (size) => run(unpack, gzipSync(Buffer.alloc(size)))],
  [
    "a price of digits",
    4_000,
    (size) => runText((price) => fold(Buffer.from(event({ properties: { price } }))), "1".repeat(size)),
  ],
  [
    "a dimension value of control characters",
    4_000,
    (size) => runText((text) => dimensionValue(text, 32_768), "\u0001".repeat(size)),
  ],
  [
    "a dimension value of half characters",
    4_000,
    (size) => runText((text) => dimensionValue(text, 98_304), "\ud800".repeat(size)),
  ],
  ["a timestamp of digits", 2_000, (size) => runText(parseTimestamp, "2".repeat(size))],
  [
    "a timestamp that breaks at its end",
    4_000,
    (size) => runText(parseTimestamp, `2026-01-31T12:00:00.${"0".repeat(size)}`),
  ],
  ["an authorization of blanks", 2_000, (size) => runText(basicKey, `basic ${" ".repeat(size)}`)],
  ["an authorization of equals signs", 2_000, (size) => runText(basicKey, `basic a${"=".repeat(size)}!`)],
  ["a person", 2_000, (size) => runText((userId) => partitionKey({ userId }), "ü".repeat(size))],
  ["values to hash", 100, (size) => runParsed((emails) => hashed({ emails }), `[${"1,".repeat(size)}1]`)],
  [
    "objects with a value to hash",
    100,
    (size) => runParsed((people) => hashed({ people }), `[${'{"email":1},'.repeat(size)}1]`),
  ],
  [
    "an event that is no JSON",
    4_000,
    (size) => runText((text) => readEvent(text, arrivalMs), `{${'"a":'.repeat(size / 4)}`),
  ],
];

const run = (work: (data: Buffer) => unknown, data: Buffer) => (): void => void work(data);
const runParsed = (work: (value: unknown) => unknown, text: string) => {
  const value: unknown = JSON.parse(text);
  return (): void => void work(value);
};
/** Texts are short: what they cost shows when it is done often. */
const runText = (work: (text: string) => unknown, text: string) => (): void => {
  for (let again = 0; again < 20; again++) work(text);
};

/** Below it, what does not depend on the size shows. */
const msMin = 0.1;
/** On a busy machine it takes a while until both have run once without being interrupted. */
const [roundsMin, roundsMax] = [9, 200];

function msOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** How much longer the second takes than the first, by the quickest run of each. */
function ratioOf(small: () => void, large: () => void): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < roundsMax && (round < roundsMin || most / least >= timesLonger); round++) {
    least = Math.max(msMin, Math.min(least, msOf(small)));
    most = Math.min(most, msOf(large));
  }
  return most / least;
}

test.each(chosen)("%s cost no more than their size", (_, size, make) => {
  const [small, large] = [make(size), make(size * larger)];
  expect(ratioOf(small, large)).toBeLessThan(timesLonger);
});

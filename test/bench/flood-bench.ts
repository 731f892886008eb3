import { execFileSync } from "node:child_process";
import { randomBytes, randomFillSync, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { count, track } from "../../lib/config.ts";
import { partLimits } from "../../lib/limits.ts";
import { IdMap, idBytes } from "../../lib/roll-up/dedupe/id-map.ts";
import { MessageHasher } from "../../lib/roll-up/dedupe/message-hash.ts";
import { PartFold } from "../../lib/roll-up/fold/part-fold.ts";
import type { StreamRecord } from "../../lib/stream/stream-record.ts";
import { cpuMs } from "./cpu-ms.ts";

const idsInAll = 150_000;
/** As many as a cold process expects where so many are remembered. */
const expected = Math.ceil(idsInAll * 1.125) + 2 * partLimits.eventsMax;
/** Filling a map takes some milliseconds: of so short a time more is noise. */
const runs = { cold: 40, warm: 7 } as const;
const eventsPerRecord = 2_500;

/** Processor time that a set of ids takes, as a multiple of what as many random ones take. */
export interface FloodFigures {
  readonly what: string;
  readonly path: "cold" | "warm";
  readonly ms: number;
  readonly ratio: number;
}

/**
 * Ids that a hostile sender might choose, beside random ones: `cold` puts hashes that the ledger has into a map, `warm`
 * folds events with the ids. The runs of both alternate, and the fastest of each counts.
 */
export async function floodFigures(): Promise<FloodFigures[]> {
  const figures: FloodFigures[] = [];
  const random = randomFillSync(Buffer.alloc(idsInAll * idBytes));
  for (const [what, high, low] of hashSets()) {
    const bytes = bytesOf(high, low);
    figures.push(
      compared(
        what,
        "cold",
        () => intoMap(bytes),
        () => intoMap(random),
      ),
    );
  }
  const randomRecords = recordsOf(Array.from({ length: idsInAll }, () => randomUUID().slice(0, 17)));
  for (const [what, ids] of idSets()) {
    const records = recordsOf(ids);
    figures.push(
      compared(
        what,
        "warm",
        () => folded(records),
        () => folded(randomRecords),
      ),
    );
  }
  return figures;
}

export const floodLines = (figures: readonly FloodFigures[]): string[] => [
  `\nFlood: ${idsInAll} message ids that a sender chose, beside as many random ones (processor time, at most 1.1)`,
  ...figures.map(
    ({ path, what, ms, ratio }) =>
      `  ${path}  ${what.padEnd(58)} ${ms.toFixed(0).padStart(5)} ms  ${ratio.toFixed(2)} x`,
  ),
];

type Half = (index: number) => number;
const anyHalf: Half = () => (Math.random() * 2 ** 32) >>> 0;

function hashSets(): [string, Half, Half][] {
  return [
    ["low halves below 50,000 (a slot rule without a secret)", anyHalf, (index) => index % 50_000],
    ["one low half", anyHalf, () => 7],
    ["one high half", () => 7, anyHalf],
    ["consecutive", () => 1, (index) => index],
    ["low halves that differ in one byte", (index) => index, (index) => (index & 0xff) << 8],
  ];
}

function idSets(): [string, string[]][] {
  const sets: [string, string[]][] = [
    ["consecutive numbers", Array.from({ length: idsInAll }, (_, index) => String(index).padStart(17, "0"))],
    ["ids that share 1 of 64 slots under a key that the sender made up", underOwnKey()],
  ];
  const crafted = craftedIds();
  if (crafted === undefined) console.error("Skipped: ids crafted for a hash without a key (there is no C compiler)");
  else sets.push(["ids with one slot under a hash without a key", crafted]);
  return sets;
}

/** The best that can be done without the secret: with a key of one's own. */
function underOwnKey(): string[] {
  const own = new MessageHasher(randomBytes(16));
  const hash = { high: 0, low: 0 };
  const ids: string[] = [];
  for (let index = 0; ids.length < idsInAll; index++) {
    const id = `ajs-${String(index).padStart(13, "0")}`;
    own.hash("", id, hash);
    if (hash.low < 2 ** 26) ids.push(id);
  }
  return ids;
}

/** Made once, and kept in the folder for temporary files: it takes a minute. */
function craftedIds(): string[] | undefined {
  const file = join(tmpdir(), `millrace-crafted-ids-${idsInAll}.txt`);
  if (!existsSync(file)) {
    const folder = mkdtempSync(join(tmpdir(), "millrace-craft-"));
    try {
      const program = join(folder, "craft-ids");
      execFileSync("cc", ["-O2", join(import.meta.dirname, "craft-ids.c"), "-o", program]);
      writeFileSync(file, execFileSync(program, [String(idsInAll), "50000"], { maxBuffer: 64 * 1024 ** 2 }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return readFileSync(file, "utf8").trim().split("\n");
}

function bytesOf(high: Half, low: Half): Buffer {
  const bytes = Buffer.alloc(idsInAll * idBytes);
  for (let index = 0; index < idsInAll; index++) {
    bytes.writeUInt32BE(high(index) >>> 0, index * idBytes);
    bytes.writeUInt32BE(low(index) >>> 0, index * idBytes + 4);
  }
  return bytes;
}

function recordsOf(ids: readonly string[]): StreamRecord[] {
  return Array.from({ length: ids.length / eventsPerRecord }, (_, index) => {
    const some = ids.slice(index * eventsPerRecord, (index + 1) * eventsPerRecord);
    const lines = some.map((messageId) => JSON.stringify({ type: "track", event: "x", messageId, userId: "u" }));
    const data = gzipSync(lines.join("\n"));
    return { sequenceNumber: String(1_000_000 + index), partitionKey: "u", arrivalMs: 1_790_000_000_000, data };
  });
}

function intoMap(bytes: Buffer): void {
  new IdMap(expected).addBytes(bytes, 1);
}

const definitions = definitionsOf({ metrics: { all: { on: track(), measure: count() } } });

function folded(records: readonly StreamRecord[]): void {
  const fold = new PartFold(definitions);
  for (const record of records) fold.add(record);
}

function compared(what: string, path: FloodFigures["path"], hostile: () => void, random: () => void): FloodFigures {
  const [mine, theirs]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs[path]; run++) {
    theirs.push(msOf(random));
    mine.push(msOf(hostile));
  }
  const ms = Math.min(...mine);
  return { what, path, ms, ratio: ms / Math.min(...theirs) };
}

function msOf(run: () => void): number {
  const start = cpuMs();
  run();
  return cpuMs() - start;
}

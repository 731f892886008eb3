import fc from "fast-check";
import { expect, test } from "vitest";
import { count, defineConfig, page } from "../../../lib/config.ts";
import { DuplicateMemory } from "../../../lib/dedupe/duplicate-memory.ts";
import { IdMap } from "../../../lib/dedupe/id-map.ts";
import { disorderMs, type NumberedPart } from "../../../lib/dedupe/recall.ts";
import { type Definitions, definitionsOf } from "../../../lib/definitions.ts";
import { type CommittedPart, type Head, newHead, type OpenPart } from "../../../lib/ledger/ledger.ts";
import { partLimits } from "../../../lib/limits.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";
import { before, recordOf, sequence, shard as shardOfWorld, sold, World } from "../roll-up/world.ts";

const minuteMs = 60_000;
const config = defineConfig({ metrics: { views: { on: page(), measure: count() } }, dedupeWindow: "30m" });
const definitions: Definitions = { ...definitionsOf(config), dedupeIdsMax: 12 };
/** Ids that there are, so few that they come again and again. */
const universe = Array.from({ length: 24 }, (_, index) => index + 1);

/** A part with what is in it. */
interface KnownPart extends NumberedPart {
  readonly messageIds: readonly number[];
}

interface Expected {
  readonly ids: readonly number[];
  readonly windowMs: number;
}

/** What a part remembers, by the words of the decision: no cache, no order of reading. */
function naive(all: readonly KnownPart[], { number, firstArrivalMs: anchorMs }: KnownPart): Expected {
  const windowMs = definitions.dedupeWindowMs;
  const near = all
    .filter((part) => part.number < number)
    .filter((part) => part.lastArrivalMs >= anchorMs - windowMs - disorderMs)
    .filter((part) => part.firstArrivalMs <= anchorMs + windowMs + partLimits.spanMs + disorderMs)
    .sort((a, b) => b.number - a.number);
  const remembered: KnownPart[] = [];
  for (const part of near) {
    if ([...remembered, part].reduce((sum, { ids }) => sum + ids, 0) > definitions.dedupeIdsMax) break;
    remembered.push(part);
  }
  const forgotten = all.filter((part) => part.number < number && part.ids > 0 && !remembered.includes(part));
  // Minute by minute away from the part's first record, to where something is that it has forgotten.
  let reachMs = 0;
  const arrivesAt = (ms: number) => (part: KnownPart) => part.firstArrivalMs <= ms && ms <= part.lastArrivalMs;
  while (reachMs < windowMs) {
    if (forgotten.some(arrivesAt(anchorMs - reachMs)) || forgotten.some(arrivesAt(anchorMs + reachMs))) break;
    reachMs += minuteMs;
  }
  const known = new Set(remembered.flatMap(({ messageIds }) => messageIds));
  return { ids: universe.filter((id) => known.has(id)), windowMs: reachMs };
}

const bytesOf = (messageIds: readonly number[]): Buffer => {
  const ids = new IdMap();
  for (const id of messageIds) ids.add(id, id * 31, 1);
  return ids.toBytes();
};

/** A shard's ledger, and what is known of its parts. */
class Shard {
  readonly ledger = new TableLedger();
  readonly parts: KnownPart[] = [];
  readonly #name: string;
  head: Head;

  constructor(name: string, relatives: Partial<Head> = {}) {
    this.#name = name;
    this.head = { ...newHead, ...relatives };
  }

  /** The part that would be opened with the records of a minute; undefined where they are in one. */
  next(minute: number, span: number, messageIds: readonly number[]): KnownPart | undefined {
    const range = { firstArrivalMs: minute * minuteMs, lastArrivalMs: (minute + span) * minuteMs };
    const [firstSequence, lastSequence] = [
      String(1_000_000 + minute * 10),
      String(1_000_000 + (minute + span) * 10 + 9),
    ];
    const overlaps = this.parts.some(
      (part) => firstSequence <= part.lastSequence && part.firstSequence <= lastSequence,
    );
    if (overlaps) return undefined;
    const number = this.head.revision + 1;
    const id = `${this.#name}${number}`;
    const ids = messageIds.length;
    return { id, idsName: id, number, firstSequence, lastSequence, ...range, ids, messageIds };
  }

  /** Opens it and finishes it, unless it is to stay open. */
  async open(part: KnownPart, staysOpen: boolean): Promise<void> {
    await this.ledger.keepIds("s", part, bytesOf(part.messageIds));
    this.parts.push(part);
    const { head } = this;
    const { messageIds: _, ...range } = part;
    const kept = { ...range, definitions: ["d"] };
    if (staysOpen) this.head = { ...head, open: [...head.open, kept as unknown as OpenPart], revision: part.number };
    else {
      await this.ledger.commit("s", kept as unknown as CommittedPart);
      this.head = { ...head, revision: part.number + 1 };
    }
    this.ledger.table.putHead("s", this.head);
  }

  /** What a process remembers at a place. */
  async remembered(memory: DuplicateMemory, part: KnownPart): Promise<Expected> {
    const place = { ...part, anchorMs: part.firstArrivalMs, views: {} };
    const known = await memory.before("s", place, this.head, definitions);
    return { ids: universe.filter((id) => known.has(id, id * 31)), windowMs: known.windowMs };
  }
}

test("ids that were let go of do not come back with older ones that are remembered again", async () => {
  const shard = new Shard("p");
  const memory = new DuplicateMemory(shard.ledger);
  const opened = async (minute: number, ids: readonly number[]): Promise<void> => {
    const part = shard.next(minute, 0, ids);
    if (part === undefined) throw new Error("overlaps");
    expect(await shard.remembered(memory, part)).toEqual(naive(shard.parts, part));
    const before = shard.head;
    await shard.open(part, false);
    memory.finished("s", before, shard.head, part, bytesOf(ids));
  };
  await opened(60, [1]);
  await opened(10, [3]);
  // Too late for both of them, and then a batch before it that the first is in the window of again.
  await opened(101, [5]);
  await opened(99, [3]);
});

test("a part says in the ledger how far its memory reached, and the report which were short", async () => {
  const world = new World(Array.from({ length: 12 }, (_, index) => recordOf(index, [sold(index), sold(index + 100)])));
  const few = { ...before, dedupeIdsMax: 5 };
  const short: (readonly number[])[] = [];
  for (let from = 0; from < 12; from += 3) {
    const report = await world.invoke(from, from + 3, few, [], 0);
    short.push(report?.shortWindowsMs ?? []);
    expect(report?.parts.map(({ windowMs }) => windowMs)).toEqual(
      (await world.ledger.committed(shardOfWorld, sequence(from), sequence(from + 2))).map(({ windowMs }) => windowMs),
    );
  }
  // Six ids a part are more than five: the part just before, whose last record came a millisecond before, is forgotten.
  expect(short).toEqual([[], [1], [1], [1]]);
});

const step = fc.record({
  /** Mostly the next minute, at times a batch from long ago that was brought again. */
  minute: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat({ max: 80 }) }),
  span: fc.nat({ max: 4 }),
  ids: fc.uniqueArray(fc.constantFrom(...universe), { maxLength: 7 }),
  pause: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 40 })),
  process: fc.nat({ max: 2 }),
  staysOpen: fc.nat({ max: 9 }).map((chance) => chance === 0),
  /** A part that is folded again before. */
  again: fc.option(fc.nat({ max: 50 }), { freq: 6 }),
});

test("what a part remembers, and how far that reaches, is the ledger's alone, however warm the process is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const shard = new Shard("p");
      const processes = [0, 1, 2].map(() => new DuplicateMemory(shard.ledger));
      let minute = 0;
      for (const { minute: old, span, ids, pause, process, staysOpen, again } of steps) {
        const memory = processes[process] ?? new DuplicateMemory(shard.ledger);
        const folded = again === null ? undefined : shard.parts[again];
        if (folded !== undefined) {
          expect(await shard.remembered(memory, folded)).toEqual(naive(shard.parts, folded));
        }
        const part = shard.next(old ?? minute, span, ids);
        minute += old === undefined ? span + 1 + pause : 0;
        if (part === undefined) continue;
        const expected = naive(shard.parts, part);
        expect(await shard.remembered(memory, part)).toEqual(expected);
        expect(await shard.remembered(new DuplicateMemory(shard.ledger), part)).toEqual(expected);
        const before = shard.head;
        await shard.open(part, staysOpen);
        if (!staysOpen) memory.finished("s", before, shard.head, part, bytesOf(ids));
      }
    }),
    { numRuns: 300 },
  );
});

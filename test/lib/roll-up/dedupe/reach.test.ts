import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Definitions, definitionsOf } from "../../../../lib/config/definitions.ts";
import { count, defineConfig, page } from "../../../../lib/config.ts";
import { partLimits } from "../../../../lib/limits.ts";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { IdMap } from "../../../../lib/roll-up/dedupe/id-map.ts";
import { disorderMs, type NumberedPart } from "../../../../lib/roll-up/dedupe/recall.ts";
import { orderAtOpening } from "../../../../lib/roll-up/part-order.ts";
import { type CommittedPart, type Head, newHead, type OpenPart } from "../../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";
import { before, recordOf, sequence, shard as shardOfWorld, sold, World } from "../world.ts";

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

  /** As `next`, of one minute and known not to overlap. */
  at(minute: number, messageIds: readonly number[] = []): KnownPart {
    const part = this.next(minute, 0, messageIds);
    if (part === undefined) throw new Error(`Minute ${minute} is in a part`);
    return part;
  }

  /** Somebody else opens a part and finishes it. */
  another(minute: number, messageIds: readonly number[]): Promise<void> {
    return this.open(this.at(minute, messageIds), false);
  }

  /** Opens it and finishes it, unless it is to stay open. */
  async open(part: KnownPart, staysOpen: boolean): Promise<void> {
    await this.ledger.keepIds("s", part, bytesOf(part.messageIds));
    this.parts.push(part);
    const { messageIds: _, ...range } = part;
    const { ofPart, ofHead } = orderAtOpening(this.head, part, part.number);
    const head = { ...this.head, ...ofHead };
    const opened = { ...range, ...ofPart, definitions: ["d"] };
    if (staysOpen) this.head = { ...head, open: [...head.open, opened as unknown as OpenPart], revision: part.number };
    else {
      await this.ledger.commit("s", opened as unknown as CommittedPart);
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

test("ids that were let go of do not come back with an older part that has none", async () => {
  const shard = new Shard("p");
  const memory = new DuplicateMemory(shard.ledger);
  const batches: [number, number[]][] = [
    [1, []],
    [0, [13, 16, 20, 21, 24, 1, 5]],
    [21, [1, 5, 7]],
    [23, [1, 9]],
    [31, [1]],
    // Twelve ids are remembered at most: here the seven are let go of, and then the part before them is remembered again.
    [35, []],
    [41, []],
  ];
  for (const [minute, ids] of batches) {
    const part = shard.at(minute, ids);
    expect(await shard.remembered(memory, part)).toEqual(naive(shard.parts, part));
    await shard.open(part, true);
  }
});

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

describe("a warm process that another one was faster than", () => {
  /** Parts that another process opened and finished, one a minute, and what the warm one has read of them. */
  async function watched(minutes: number): Promise<{ shard: Shard; memory: DuplicateMemory; requests: () => number }> {
    const shard = new Shard("p");
    const memory = new DuplicateMemory(shard.ledger);
    for (let minute = 0; minute < minutes; minute++) await shard.another(2 * minute, [1 + (minute % 24)]);
    await shard.remembered(memory, shard.at(2 * minutes));
    let before = 0;
    const requests = (): number => {
      const { requests } = shard.ledger.table.consumed;
      const since = requests - before;
      before = requests;
      return since;
    };
    requests();
    return { shard, memory, requests };
  }

  test("reads one page of parts, and the ids of those that are new", async () => {
    const { shard, memory, requests } = await watched(100);
    for (let minute = 201; minute < 230; minute += 2) {
      await shard.another(minute, [3]);
      requests();
      const part = shard.at(minute + 1);
      expect(await shard.remembered(memory, part)).toEqual(naive(shard.parts, part));
      expect(requests()).toBe(2);
    }
  });

  test("reads the parts that were opened out of order, and no others", async () => {
    const { shard, memory, requests } = await watched(100);
    await shard.another(171, [7]);
    await shard.another(181, [8, 9]);
    await shard.another(175, [10]);
    await shard.another(201, [11]);
    requests();
    const part = shard.at(203);
    expect(await shard.remembered(memory, part)).toEqual(naive(shard.parts, part));
    // One for each of the three, one for what is new at the end, and the ids.
    expect(requests()).toBeLessThanOrEqual(3 + 1 + 4);
  });

  test("reads all again where more were opened out of order than are looked up one by one", async () => {
    const { shard, memory, requests } = await watched(100);
    for (let minute = 1; minute <= 121; minute += 2) await shard.another(minute, [minute % 24]);
    await shard.another(201, [11]);
    requests();
    const part = shard.at(203);
    expect(await shard.remembered(memory, part)).toEqual(naive(shard.parts, part));
    expect(requests()).toBeGreaterThan(50);
    await shard.another(205, [12]);
    requests();
    const next = shard.at(207);
    expect(await shard.remembered(memory, next)).toEqual(naive(shard.parts, next));
    expect(requests()).toBe(2);
  });

  test("does not hold the ids of a part that it finished long after it arrived: none to come asks for them", async () => {
    const { shard, memory } = await watched(100);
    const ids = Array.from({ length: 10_000 }, (_, index) => 100 + index);
    const part = shard.at(11, ids);
    const [before, held] = [shard.head, memory.bytes];
    await shard.open(part, false);
    memory.finished("s", before, shard.head, part, bytesOf(ids));
    expect(memory.bytes).toBe(held);
    const next = shard.at(203);
    expect(await shard.remembered(memory, next)).toEqual(naive(shard.parts, next));
  });

  test("lets go of nothing where it is asked once more about the same part, under a shorter window", async () => {
    const { shard, memory, requests } = await watched(100);
    const part = shard.at(203);
    await shard.remembered(memory, part);
    const place = { ...part, anchorMs: part.firstArrivalMs, views: {} };
    const known = await memory.before("s", place, shard.head, { ...definitions, dedupeWindowMs: minuteMs });
    expect(known.windowMs).toBe(minuteMs);
    requests();
    const next = shard.at(205);
    expect(await shard.remembered(memory, next)).toEqual(naive(shard.parts, next));
    expect(requests()).toBe(0);
  });

  test("reads no more where it has finished many parts itself", async () => {
    const { shard, memory, requests } = await watched(10);
    for (let minute = 21; minute < 221; minute += 2) {
      const part = shard.at(minute, [1]);
      await shard.remembered(memory, part);
      const before = shard.head;
      await shard.open(part, false);
      memory.finished("s", before, shard.head, part, bytesOf(part.messageIds));
    }
    await shard.another(221, [2]);
    requests();
    const part = shard.at(223);
    expect(await shard.remembered(memory, part)).toEqual(naive(shard.parts, part));
    expect(requests()).toBe(2);
  });

  test("has nothing to read after a part of its own, also one that was opened out of order", async () => {
    const { shard, memory, requests } = await watched(100);
    for (const minute of [201, 191, 203, 11, 205]) {
      const part = shard.at(minute, [minute % 24]);
      expect(await shard.remembered(memory, part)).toEqual(naive(shard.parts, part));
      const before = shard.head;
      await shard.open(part, false);
      memory.finished("s", before, shard.head, part, bytesOf(part.messageIds));
      requests();
      const next = shard.at(207);
      expect(await shard.remembered(memory, next)).toEqual(naive(shard.parts, next));
      expect(requests()).toBe(0);
    }
  });
});

test("a place further back than the one before is answered from what lies around it, and so is one between both", async () => {
  const shard = new Shard("p");
  for (let minute = 0; minute < 300; minute += 2) await shard.another(minute, [1 + (minute % 24)]);
  const memory = new DuplicateMemory(shard.ledger);
  for (const minute of [301, 21, 61, 25, 161, 299, 1, 303]) {
    const part = shard.at(minute);
    expect(await shard.remembered(memory, part)).toEqual(naive(shard.parts, part));
  }
});

test("what was read before the ledger failed is remembered when it is asked again", async () => {
  const shard = new Shard("p");
  for (let minute = 0; minute < 20; minute += 2) await shard.another(minute, [1 + minute]);
  let left = 3;
  const failing = new Proxy(shard.ledger, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (name !== "ids") return typeof method === "function" ? method.bind(target) : method;
      return async function* (...asked: Parameters<typeof target.ids>) {
        for await (const item of target.ids(...asked)) {
          if (left-- === 0) throw new Error("throttled");
          yield item;
        }
      };
    },
  });
  const memory = new DuplicateMemory(failing);
  const part = shard.at(21);
  await expect(shard.remembered(memory, part)).rejects.toThrow("throttled");
  expect(await shard.remembered(memory, part)).toEqual(naive(shard.parts, part));
});

test("relatives together are given half as many ids as a part may remember, and each an eighth, the nearest first", async () => {
  const ancestors = ["a1", "a2", "a3", "a4", "a5", "a6"];
  const ledger = new TableLedger();
  const limits = { ...definitions, dedupeIdsMax: 24 };
  for (const [index, ancestor] of ancestors.entries()) {
    const other = new Shard(ancestor);
    const part = { ...other.at(100), messageIds: [index * 3 + 1, index * 3 + 2, index * 3 + 3], ids: 3 };
    await ledger.keepIds(ancestor, part, bytesOf(part.messageIds));
    const { messageIds: _, ...range } = part;
    await ledger.commit(ancestor, { ...range, definitions: ["d"] } as unknown as CommittedPart);
    ledger.table.putHead(ancestor, { ...newHead, revision: 2, furthest: part.lastSequence });
  }
  const place = { ...new Shard("p").at(105), anchorMs: 105 * minuteMs };
  const views = Object.fromEntries(ancestors.map((ancestor) => [ancestor, 2]));
  const known = await new DuplicateMemory(ledger).before("p", { ...place, views }, { ...newHead, ancestors }, limits);
  // Three each, twelve together: the first four.
  expect(universe.filter((id) => known.has(id, id * 31))).toEqual(universe.slice(0, 12));
  expect(known.windowMs).toBe(5 * minuteMs);
});

test.each([
  // 40 parts of 200 ids at 26 bytes, and room for more; 400 parts would be 2 MB.
  [200, 400_000],
  // 16,000 bytes of an empty map, and 60 parts.
  [0, 30_000],
])("the memory of a shard whose parts have %i ids does not grow while it goes on", async (idsInPart, bytesMax) => {
  const shard = new Shard("p");
  const memory = new DuplicateMemory(shard.ledger);
  const most: number[] = [];
  for (let minute = 0; minute < 800; minute++) {
    const ids = Array.from({ length: idsInPart }, (_, index) => minute * idsInPart + index + 1);
    const part = shard.at(minute, ids);
    const place = { ...part, anchorMs: part.firstArrivalMs, views: {} };
    await memory.before("s", place, shard.head, { ...definitions, dedupeIdsMax: 1_000_000 });
    const before = shard.head;
    await shard.open(part, false);
    memory.finished("s", before, shard.head, part, bytesOf(ids));
    most.push(memory.bytes);
  }
  expect(Math.max(...most)).toBeLessThan(bytesMax);
  expect(Math.max(...most.slice(400))).toBeLessThan(1.2 * Math.max(...most.slice(0, 400)));
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
    { numRuns: 1_000 },
  );
});

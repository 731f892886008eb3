import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { positionOf } from "../../../../lib/query/quarantine/position.ts";
import { daysBetween, type ReadingOrder, standingFiles } from "../../../../lib/query/quarantine/standing-files.ts";
import {
  pathOf,
  type QuarantineFile,
  type QuarantineFiles,
} from "../../../../lib/store/quarantine/quarantine-files.ts";
import { CountedNames } from "../../../memory/counted-names.ts";
import { MemoryQuarantine } from "../../../memory/memory-quarantine.ts";

const startMs = Date.UTC(2026, 0, 31, 22);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

interface Put {
  /** Minutes after the start. */
  readonly minute: number;
  readonly shard: number;
  readonly part: number;
  readonly version: number;
}

async function filled(puts: readonly Put[], pageFiles: number): Promise<MemoryQuarantine> {
  const quarantine = new MemoryQuarantine(pageFiles);
  for (const { minute, shard, part, version } of puts) {
    const place = { part: `${minute}${part}`, version, firstArrivalMs: startMs + minute * minuteMs };
    await quarantine.put(`events/shardId-${shard}`, place, []);
  }
  return quarantine;
}

const everything = { fromMs: startMs, toMs: startMs + 2 * dayMs };

async function read(
  quarantine: Pick<QuarantineFiles, "page">,
  { range = everything, ...order }: Partial<ReadingOrder> & { range?: typeof everything } = {},
): Promise<QuarantineFile[]> {
  const asked = { nowMs: startMs + 2 * dayMs, first: "newest", ...order } as const;
  return Array.fromAsync(standingFiles(quarantine, range, asked));
}

/** A few hours, so that pages are cut at every level. */
const puts = fc.array(
  fc.record({
    minute: fc.oneof(fc.nat(9), fc.nat(300)),
    shard: fc.nat(3),
    part: fc.nat(3),
    version: fc.integer({ min: 1, max: 11 }),
  }),
  { maxLength: 60 },
);
const pageFiles = fc.integer({ min: 1, max: 20 });

describe("the files that stand", () => {
  test("are each part's highest version, the newest minute first, or the oldest, whatever a page holds", async () => {
    await fc.assert(
      fc.asyncProperty(puts, pageFiles, async (all, most) => {
        const highest = new Map<string, number>();
        for (const { minute, shard, part, version } of all) {
          const name = `${minute} ${shard} ${minute}${part}`;
          highest.set(name, Math.max(version, highest.get(name) ?? 0));
        }
        const quarantine = await filled(all, most);
        const newest = await read(quarantine);
        const found = newest.map(({ minute, shard, part, version }) => {
          const at = Date.parse(`${minute.slice(0, 13)}:${minute.slice(13)}Z`);
          return [`${(at - startMs) / minuteMs} ${shard.slice("events/shardId-".length)} ${part}`, version] as const;
        });
        expect(found).toHaveLength(highest.size);
        expect(new Map(found)).toEqual(highest);
        const minutes = newest.map(({ minute }) => minute);
        expect(minutes).toEqual(minutes.toSorted().reverse());
        const oldest = await read(quarantine, { first: "oldest" });
        expect(oldest.map(({ minute }) => minute)).toEqual(minutes.toReversed());
        expect(new Set(oldest)).toEqual(new Set(newest));
      }),
      { numRuns: 60 },
    );
  });

  test("go on at any of them, and leave none out for others that come meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(puts, puts, pageFiles, fc.nat(), async (all, later, most, at) => {
        const quarantine = await filled(all, most);
        const before = await read(quarantine);
        const place = before.length === 0 ? 0 : at % before.length;
        const file = before[place];
        if (file === undefined) return;
        for (const [key, kept] of (await filled(later, most)).files) quarantine.files.set(key, kept);
        const after = await read(quarantine, { after: positionOf(file, 0) });
        const names = new Set(after.map(pathOfFile));
        for (const one of before.slice(place)) expect(names).toContain(pathOfFile(one));
        for (const one of before.slice(0, place)) expect(names).not.toContain(pathOfFile(one));
      }),
      { numRuns: 60 },
    );
  });

  test("begin early enough for a part that was long open, and end with what the bucket keeps", async () => {
    const quarantine = await filled([{ minute: 0, shard: 0, part: 0, version: 1 }], 10);
    const from = (fromMs: number) => read(quarantine, { range: { fromMs, toMs: startMs + dayMs } });
    expect(await from(startMs + 24 * minuteMs)).toHaveLength(1);
    expect(await from(startMs + 27 * minuteMs)).toEqual([]);
    quarantine.pages = 0;
    expect(await from(0)).toHaveLength(1);
    await read(quarantine, { range: { fromMs: startMs, toMs: Date.UTC(3000, 0) } });
    expect(quarantine.pages).toBeLessThan(200);
    // Redrive counted its records after 82 days; that is as long ago again.
    const range = { fromMs: 0, toMs: startMs + 200 * dayMs };
    expect(await read(quarantine, { range, nowMs: startMs + 170 * dayMs })).toHaveLength(1);
  });

  test("cost few requests for their names, however many there are", async () => {
    // A bad event in every part of a day of 20 shards, 12 parts a minute each.
    const quarantine = new CountedNames(20 * 12, startMs - 22 * hourMs);
    const range = { fromMs: startMs - 20 * hourMs, toMs: startMs };
    const files = standingFiles(quarantine, range, { nowMs: startMs, first: "newest" });
    for (let taken = 0; taken < 200; taken++) await files.next();
    // Two pages of the day, its last hour, ten minutes of it, and a minute or two.
    expect(quarantine.pages).toBeLessThanOrEqual(8);
  });
});

const pathOfFile = ({ minute: time, shard, part }: QuarantineFile): string => pathOf({ time, of: { shard, part } });

test("days are those that a range touches", () => {
  expect(daysBetween(Date.UTC(2026, 0, 30, 23, 59), Date.UTC(2026, 1, 1))).toEqual([
    "2026-01-30",
    "2026-01-31",
    "2026-02-01",
  ]);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketMsOf, nothingKnown, PartFold, rowOf } from "../../../../lib/roll-up/fold/part-fold.ts";
import { rowKey } from "../../../../lib/store/rows/row.ts";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";
import { event, plainEvent, recordsOf } from "./any-events.ts";
import { arrivalMs, countOf, definitions, folded, order, record, rowsOf } from "./shop.ts";

/** Rows by their key, without the order they are in. */
const totals = (...folds: PartFold[]): Map<string, { count: number; sum: number; min: number; max: number }> => {
  const found = new Map<string, { count: number; sum: number; min: number; max: number }>();
  for (const row of folds.flatMap((fold) => fold.rows())) {
    const before = found.get(rowKey(row)) ?? {
      count: 0,
      sum: 0,
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
    };
    found.set(rowKey(row), {
      count: before.count + row.count,
      sum: before.sum + (row.numbers?.sum ?? 0),
      min: Math.min(before.min, row.numbers?.min ?? 0),
      max: Math.max(before.max, row.numbers?.max ?? 0),
    });
  }
  return found;
};

type Message = { type: string; event?: string; messageId?: string; properties: Record<string, unknown> };

/** What each metric of the shop counts, said once more and plainly. */
const looksAt: Record<string, (message: Message) => boolean> = {
  page_views: ({ type }) => type === "page",
  orders: ({ type, event }) => type === "track" && event === "Order Completed",
  revenue: ({ type, event, properties }) =>
    type === "track" && event === "Order Completed" && (properties.revenue ?? undefined) !== undefined,
  refunds: ({ type, event, properties }) =>
    type === "track" &&
    (event === "Order Refunded" || event === "Order Cancelled") &&
    (properties.revenue ?? undefined) !== undefined,
  paid: ({ type, properties }) => type === "track" && properties.plan === "pro",
};

/** The messages that counted: those that were not rejected, and of those with one id the first. */
function countedMessages(records: readonly StreamRecord[], fold: PartFold): Message[] {
  const rejected = new Set(fold.rejected.map((one) => `${one.record.sequenceNumber} ${one.index}`));
  const seen = new Set<string>();
  return records.flatMap(({ sequenceNumber, data }) =>
    data
      .toString()
      .split("\n")
      .flatMap((text, index) => {
        if (rejected.has(`${sequenceNumber} ${index}`)) return [];
        const message: Message = JSON.parse(text);
        if (message.messageId !== undefined && seen.has(message.messageId)) return [];
        if (message.messageId !== undefined) seen.add(message.messageId);
        return [message];
      }),
  );
}

describe("the fold of a part", () => {
  it("accounts for every event, and its rows' counts are the events that each metric looks at", () => {
    fc.assert(
      fc.property(recordsOf(event), (records) => {
        const fold = folded(records);
        const { events, counted, duplicate, quarantined, late } = fold.tally;
        expect(events).toBe(counted + duplicate + quarantined + late);
        expect(fold.rejected).toHaveLength(quarantined + late);
        const messages = countedMessages(records, fold);
        expect(counted).toBe(messages.length);
        for (const [metric, isCounted] of Object.entries(looksAt)) {
          expect(countOf(fold, metric)).toBe(messages.filter(isCounted).length);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("is a function of the records only: the same again, whatever was folded before", () => {
    fc.assert(
      fc.property(recordsOf(event), recordsOf(event), (records, others) => {
        const first = folded(records);
        folded(others);
        const again = folded(records.map((one) => ({ ...one, data: Buffer.from(one.data) })));
        expect(again.rows()).toEqual(first.rows());
        expect(again.tally).toEqual(first.tally);
        expect(again.rejected).toEqual(first.rejected);
      }),
    );
  });

  it("does not depend on the wall clock or on chance", () => {
    const [now, random] = [Date.now, Math.random];
    const records = [record([order({ messageId: "a" }), order({ timestamp: undefined }), { type: "page" }])];
    const rows = folded(records).rows();
    Date.now = Math.random = () => {
      throw new Error("Expected no wall clock and no random number");
    };
    try {
      expect(folded(records).rows()).toEqual(rows);
    } finally {
      [Date.now, Math.random] = [now, random];
    }
  });

  it("adds up, from the parts it is cut into, to the fold of the whole", () => {
    fc.assert(
      fc.property(recordsOf(plainEvent), fc.nat(), (records, place) => {
        const cut = place % (records.length + 1);
        const parts = [folded(records.slice(0, cut)), folded(records.slice(cut))];
        expect(totals(...parts)).toEqual(totals(folded(records)));
      }),
    );
  });

  it("is the same for the events of a minute in any order, in any records", () => {
    const orders = fc
      .array(plainEvent, { maxLength: 30 })
      .chain((texts) =>
        fc.tuple(
          fc.constant(texts),
          fc.shuffledSubarray(texts, { minLength: texts.length }),
          fc.integer({ min: 1, max: 9 }),
        ),
      );
    fc.assert(
      fc.property(orders, ([texts, shuffled, perRecord]) => {
        const records = shuffled.map((text, index) => ({ text, index: Math.floor(index / perRecord) }));
        const packed = [...Map.groupBy(records, ({ index }) => index).values()].map((group, index) =>
          record(group.map(({ text }) => text).join("\n"), index),
        );
        const whole = totals(folded([record(texts.join("\n"))]));
        expect(totals(folded(packed))).toEqual(texts.length === 0 ? new Map() : whole);
      }),
    );
  });

  it("gives each row the minute, half-open, that its events happened in", () => {
    fc.assert(
      fc.property(fc.integer({ min: arrivalMs - 7_200_000, max: arrivalMs + 600_000 }), (ms) => {
        const [row] = rowsOf(folded([record([order({ timestamp: new Date(ms).toISOString() })])]), "orders");
        expect(row?.bucketMs).toBe(ms - (ms % 60_000));
        expect(bucketMsOf(ms)).toBe(row?.bucketMs);
      }),
    );
    expect(bucketMsOf(-1)).toBe(-60_000);
  });

  it("gives rows all that a store must be told, and numbers to sums alone", () => {
    const fold = folded([record([order({ properties: { revenue: 2, currency: "EUR" } })])]);
    const defOf = (name: string) => definitions.metrics.find((metric) => metric.name === name)?.def;
    expect(fold.rows()).toEqual([
      {
        metric: "orders",
        def: defOf("orders"),
        bucketMs: arrivalMs - 60_000,
        dimensions: [["country", "(none)"]],
        count: 1,
        numbers: undefined,
      },
      {
        metric: "revenue",
        def: defOf("revenue"),
        bucketMs: arrivalMs - 60_000,
        dimensions: [["currency", "EUR"]],
        count: 1,
        numbers: { sum: 2, min: 2, max: 2 },
      },
    ]);
  });
});

describe("events that come too late or too early", () => {
  it("are told apart to the millisecond, by their record's arrival", () => {
    const at = (ms: number) => folded([record([order({ timestamp: new Date(arrivalMs + ms).toISOString() })])]);
    expect(at(-2 * 3_600_000).tally.counted).toBe(1);
    expect(at(-2 * 3_600_000 - 1).tally.late).toBe(1);
    expect(at(10 * 60_000).tally.counted).toBe(1);
    expect(at(10 * 60_000 + 1).tally.quarantined).toBe(1);
    expect(at(-7_200_001).rejected[0]?.problem).toEqual({
      reason: "late",
      detail: "expected an event of the last 7200 s, got one 7200 s old",
    });
    expect(at(600_001).rejected[0]?.problem).toEqual({
      reason: "early",
      detail: "expected an event at most 600 s ahead, got 600 s",
    });
  });
});

describe("an event that comes out of quarantine", () => {
  const isoAt = (ms: number) => new Date(arrivalMs + ms).toISOString();
  /** Of five hours ago, when it came first: three more than an event may be old. */
  const replayed = (until: number, timestamp = isoAt(-5 * 3_600_000)) =>
    order({
      timestamp,
      millrace: { replayed: { entry: "e", arrival: isoAt(-5 * 3_600_000), attempt: 1, until: isoAt(until) } },
    });

  it("is late or early by its first arrival", () => {
    expect(folded([record([replayed(1_000)])]).tally.counted).toBe(1);
    const [late] = folded([record([replayed(1_000, isoAt(-7 * 3_600_000 - 1))])]).rejected;
    expect(late?.problem).toEqual({
      reason: "late",
      detail: "expected an event of the last 7200 s, got one 7200 s old",
    });
    expect(folded([record([replayed(1_000, isoAt(0))])]).rejected[0]?.problem.reason).toBe("early");
  });

  it("does not count once the time of its replay is over, nor before it", () => {
    const [gone] = folded([record([replayed(-1)])]).rejected;
    expect(gone?.problem.detail).toMatch(/^expected a replayed event between .*, got it at 2026-01-31T12:00:00.000Z$/);
    expect(folded([record([replayed(15 * 60_000)])]).tally.counted).toBe(1);
    expect(folded([record([replayed(15 * 60_000 + 1)])]).tally.late).toBe(1);
  });

  it("is judged as any other where its note cannot be read", () => {
    const fold = folded([record([order({ millrace: { replayed: { arrival: "once" } } })])]);
    expect(fold.tally.counted).toBe(1);
  });
});

describe("an event that is repeated", () => {
  it("counts once within a part, in one record or in several", () => {
    const again = order({ messageId: "m" });
    const fold = folded([record([again, again], 1), record([again, order({ messageId: "n" })], 2)]);
    expect(fold.tally).toEqual({ events: 4, counted: 2, duplicate: 2, quarantined: 0, late: 0 });
    expect(countOf(fold, "orders")).toBe(2);
    expect(fold.rejected).toEqual([]);
  });

  it("counts within its source: the same id of another source, or of none, is another message", () => {
    const of = (source: unknown) => order({ messageId: "1", ...(source === undefined ? {} : { source }) });
    const sources = ["shop-server", "billing-server", "web", undefined];
    const fold = folded([record(sources.map(of), 1), record([...sources, "", 5, null].map(of), 2)]);
    expect(fold.tally).toEqual({ events: 11, counted: 4, duplicate: 7, quarantined: 0, late: 0 });
  });

  it("is not taken for a duplicate of what a stranger has sent under its id by a public key", () => {
    const real = order({ messageId: "order-1234", source: "server" });
    const fold = folded([record([order({ messageId: "order-1234", source: "web" }), real])]);
    expect(fold.tally).toMatchObject({ counted: 2, duplicate: 0 });
  });

  it("counts each time where it has no message id", () => {
    expect(folded([record([order(), order(), order()])]).tally).toMatchObject({ counted: 3, duplicate: 0 });
  });

  it("may come mended under the same message id after it was rejected", () => {
    const broken = order({ messageId: "m", properties: { revenue: "much" } });
    const late = order({ messageId: "n", timestamp: "2026-01-01T00:00:00Z" });
    const mended = ["m", "n"].map((messageId) => order({ messageId }));
    const fold = folded([record([broken, late, ...mended, ...mended, broken])]);
    expect(fold.tally).toEqual({ events: 7, counted: 2, duplicate: 2, quarantined: 2, late: 1 });
    expect(countOf(fold, "revenue")).toBe(2);
  });
});

describe("an event of a part that was begun before", () => {
  const foldUnder = (known: boolean, claimed: boolean): PartFold => {
    const fold = new PartFold(definitions, { ...nothingKnown, has: () => known, claims: () => claimed });
    fold.add(record([order({ messageId: "m" })]));
    return fold;
  };

  it("counts where the part left its message id when it was begun, and else says why it does not", () => {
    expect(foldUnder(false, true).tally.counted).toBe(1);
    expect(foldUnder(false, false).rejected.map(({ problem }) => problem)).toEqual([
      {
        reason: "changed",
        detail:
          "expected an event that could be counted when its part was begun, got one that only later definitions can count",
      },
    ]);
  });

  it("is a duplicate where its message was known by then, whatever the part left", () => {
    for (const claimed of [true, false]) expect(foldUnder(true, claimed).tally).toMatchObject({ duplicate: 1 });
  });

  it("is known to nobody in a part without a past", () => {
    expect(nothingKnown.has(1, 2)).toBe(false);
  });
});

describe("a record that is stepped over", () => {
  it("is one event in quarantine, whatever is in it, and leaves the rest as it is", () => {
    const fold = folded([record([order()], 1)]);
    fold.skip(record([order(), order()], 2));
    expect(fold.tally).toEqual({ events: 2, counted: 1, duplicate: 0, quarantined: 1, late: 0 });
    expect(fold.rejected).toEqual([
      {
        record: record([order(), order()], 2),
        index: undefined,
        problem: { reason: "skipped", detail: "expected a record to take apart, got one to be stepped over" },
      },
    ]);
  });
});

describe("a part", () => {
  it("is full with 45,000 events, and not with one less", () => {
    const events = (count: number) => record(Array(count).fill({ type: "page" }));
    const fold = folded([...Array(8).fill(events(5_000)), events(4_999)]);
    expect(fold.isFull).toBe(false);
    fold.add(events(1));
    expect(fold.isFull).toBe(true);
  });
});

describe("a trace", () => {
  it("tells of every counted event and its rows, and of no other", () => {
    fc.assert(
      fc.property(recordsOf(event), (records) => {
        const told = new Map<string, number>();
        const fold = new PartFold(definitions, nothingKnown, (metric, group) => {
          const key = rowKey(rowOf(metric, group));
          told.set(key, (told.get(key) ?? 0) + 1);
        });
        for (const one of records) fold.add(one);
        expect(told).toEqual(new Map(fold.rows().map((row) => [rowKey(row), row.count])));
      }),
    );
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { OpenParts } from "../../../lib/query/open-parts.ts";
import type { Head, OpenPart } from "../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";

const minuteMs = 60_000;
const rowsOfPart = 2;

/** The roll-up of one shard, one step at a time: open, write each row, commit, close, and the next part. */
class Writer {
  readonly #ledger: TableLedger;
  readonly #shard: string;
  readonly #firstMinute: number;
  #count = 0;
  #step = 0;
  #part: OpenPart | undefined;

  constructor(ledger: TableLedger, shard: string, firstMinute: number) {
    this.#ledger = ledger;
    this.#shard = shard;
    this.#firstMinute = firstMinute;
  }

  async step(rows: Map<number, number>): Promise<void> {
    // Of before the reader's own calls are counted: the ledger as it is.
    const head = this.#ledger.heads.get(this.#shard) ?? (await new TableLedger().head(this.#shard));
    if (this.#part === undefined) {
      this.#part = this.#next(head.revision + 1);
      await this.#ledger.moveHead(this.#shard, head, { ...head, open: [this.#part] });
    } else if (this.#step++ < rowsOfPart) {
      const minute = (this.#part.firstBucketMs ?? 0) / minuteMs;
      rows.set(minute, (rows.get(minute) ?? 0) + 1);
    } else if (this.#step === rowsOfPart + 1) {
      const { openedMs: _, ...part } = this.#part;
      const tally = { counted: 1, duplicate: 0, quarantined: 0, late: 0, rows: 1, rowsCount: 1, doubled: 0 };
      await this.#ledger.commit(this.#shard, { ...part, ...tally, committedMs: 0 });
    } else {
      await this.#ledger.moveHead(this.#shard, head, { ...head, open: [] });
      this.#part = undefined;
      this.#step = 0;
    }
  }

  /** Each part has a minute of its own, so that it can be told apart. */
  #next(number: number): OpenPart {
    const place = this.#count++;
    const bucketMs = (this.#firstMinute + 2 * place) * minuteMs;
    const sequence = `${1_000 + place}`;
    return {
      ...{ id: sequence, idsName: sequence, number, firstSequence: sequence, lastSequence: sequence },
      ...{ firstArrivalMs: 0, lastArrivalMs: 0, ids: 0, definitions: ["d"], openedMs: 0, records: 1, events: 1 },
      ...{ firstBucketMs: bucketMs, lastBucketMs: bucketMs, views: {} },
    };
  }
}

test("whatever is written while a question is asked: no minute of a part that the answer has in part is left out", async () => {
  // Steps of either writer before each call of the reader, and how much time passes after each question.
  const count = fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 6, 12);
  const steps = fc.array(fc.tuple(count, count), { minLength: 1, maxLength: 40 });
  const pauses = fc.array(fc.constantFrom(0, 400, 1_000), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(steps, pauses, async (script, questions) => {
      const ledger = new TableLedger();
      const rows = new Map<number, number>();
      const writers = [new Writer(ledger, "s/a", 1_000), new Writer(ledger, "s/b", 5_000)];
      let at = 0;
      let nowMs = 0;
      const meanwhile = async (): Promise<void> => {
        const counts = script[at++ % script.length] ?? [0, 0];
        for (const [writer, count] of counts.entries()) {
          for (let step = 0; step < count; step++) await writers[writer]?.step(rows);
        }
      };
      const between = <Call extends (...parameters: never[]) => Promise<unknown>>(call: Call): Call =>
        (async (...parameters: Parameters<Call>) => {
          await meanwhile();
          return call.apply(ledger, parameters);
        }) as unknown as Call;
      const reader = {
        // One item after the other, and others write between two of them: a batch is no transaction.
        headsOf: async (shards: readonly string[]) => {
          const heads = new Map<string, Head>();
          for (const shard of shards) heads.set(shard, await between(ledger.head)(shard));
          return heads;
        },
        newest: between(ledger.newest),
        neighbours: ledger.neighbours.bind(ledger),
      };
      const parts = new OpenParts(reader, "s", async () => ["a", "b"], { now: () => nowMs });
      for (const pauseMs of questions) {
        const [answer, open] = await parts.during(async () => {
          await meanwhile();
          const snapshot = new Map(rows);
          await meanwhile();
          return snapshot;
        });
        for (const [minute, found] of answer) {
          if (found === rowsOfPart) continue;
          const isOpen = open.some(({ fromMs, toMs }) => fromMs <= minute * minuteMs && minute * minuteMs < toMs);
          expect(isOpen, `minute ${minute} has ${found} of ${rowsOfPart} rows`).toBe(true);
        }
        nowMs += pauseMs;
      }
    }),
    { numRuns: 300 },
  );
});

import { createHash } from "node:crypto";
import { aheadMsMax } from "../limits.ts";
import type { CommittedPart } from "../store/ledger/ledger.ts";
import type { PartRows } from "../store/rows/store.ts";
import { shardKey } from "../stream/sequence.ts";
import { type AuditRun, askAgainAfterMs, minutesOf, queryOf, questionMsMax, settledAfterMs } from "./audit-run.ts";

/** Parts of a sample: one question. */
export const sampleMax = 200;
/** Parts of a question: 40 KB of the 256 KB that a query may have (Timestream developer guide, "Quotas"). */
const partsPerQuestionMax = 2_000;

interface Asked {
  readonly shardId: string;
  readonly part: CommittedPart;
}

/** Compares the rows that the ledger says a part has with those that the store has. */
export class RowCheck {
  readonly #run: AuditRun;
  readonly #sample: [order: string, asked: Asked][] = [];
  #waiting: Asked[] = [];
  #compared = 0;

  constructor(run: AuditRun) {
    this.#run = run;
  }

  get partsCompared(): number {
    return this.#compared;
  }

  /**
   * Takes a part that is in no open list; may ask the store. It always asks for one that met rows of its own version: they
   * may have other values.
   */
  async add(shardId: string, part: CommittedPart): Promise<void> {
    const { rows, ports } = this.#run;
    const isSuspect = part.existing !== undefined;
    if ((rows === "none" && !isSuspect) || ports.clock.now() - part.committedMs < settledAfterMs) return;
    if (rows === "sample" && !isSuspect) this.#draw({ shardId, part });
    else await this.#ask({ shardId, part });
  }

  async finish(): Promise<void> {
    if (this.#run.rows === "sample") {
      this.#cut();
      for (const [, asked] of this.#sample) await this.#ask(asked);
    }
    await this.#flush();
  }

  async #ask(asked: Asked): Promise<void> {
    if (this.#waiting.push(asked) >= partsPerQuestionMax) await this.#flush();
  }

  /** The parts whose hash is lowest: all equally likely, whatever their number; others where the range is another. */
  #draw(asked: Asked): void {
    const order = createHash("sha256").update(`${this.#run.toMs} ${asked.part.id}`).digest("hex");
    const worst = this.#sample[sampleMax - 1];
    if (worst !== undefined && order >= worst[0]) return;
    this.#sample.push([order, asked]);
    if (this.#sample.length === sampleMax || this.#sample.length === 2 * sampleMax) this.#cut();
  }

  #cut(): void {
    this.#sample.sort(([a], [b]) => (a < b ? -1 : 1)).splice(sampleMax);
  }

  async #flush(): Promise<void> {
    const asked = this.#waiting;
    this.#waiting = [];
    if (asked.length === 0) return;
    const wrong = await this.#disagreeing(asked);
    if (wrong === undefined) return;
    this.#compared += asked.length;
    if (wrong.length === 0) return;
    await this.#run.ports.clock.sleep(askAgainAfterMs);
    for (const { shardId, part, found } of (await this.#disagreeing(wrong)) ?? []) {
      // After the store: what is written anew since is open, or has another item, by now.
      if (await this.#stands(shardId, part)) this.#report(shardId, part, found);
    }
  }

  async #disagreeing(asked: readonly Asked[]): Promise<(Asked & { found: PartRows | undefined })[] | undefined> {
    const { ports } = this.#run;
    if (!this.#run.hasTime(questionMsMax)) {
      this.#run.leave("Rows were not all compared with the store: no time left");
      return undefined;
    }
    const parts = asked.map(({ part }) => part);
    const found = new Map<string, PartRows>();
    const withSums = parts.some(({ rowsSum }) => rowsSum !== undefined);
    const question = { parts: parts.map(({ id }) => id), ...boundsOf(parts), withSums };
    for await (const rows of ports.store.rowsOfParts(question)) found.set(rows.part, rows);
    return asked.flatMap((one) => {
      const rows = found.get(one.part.id);
      return agree(one.part, rows) ? [] : [{ ...one, found: rows }];
    });
  }

  async #stands(shardId: string, part: CommittedPart): Promise<boolean> {
    const { ledger, streamName } = this.#run.ports;
    const shard = shardKey(streamName, shardId);
    const { open } = await ledger.head(shard);
    if (open.some(({ id }) => id === part.id)) return false;
    for await (const now of ledger.neighbours(shard, part.lastSequence, "after")) {
      return now.id === part.id && now.committedMs === part.committedMs;
    }
    return false;
  }

  #report(shardId: string, part: CommittedPart, found: PartRows | undefined): void {
    const { rows = 0, count = 0, sum = 0 } = found ?? {};
    const { rowsSum = "0" } = part;
    const first = Math.min(part.firstBucketMs ?? part.firstArrivalMs, found?.firstBucketMs ?? Number.POSITIVE_INFINITY);
    const last = Math.max(part.lastBucketMs ?? part.lastArrivalMs, found?.lastBucketMs ?? 0);
    const minutes = minutesOf(first, last);
    this.#run.findings.add({
      kind: "rows",
      where: shardId,
      parts: [part.id],
      sequences: [part.firstSequence, part.lastSequence],
      minutes,
      // Where only sums differ, any of its rows may.
      amount: Math.abs(rows - part.rows) || Math.abs(count - part.rowsCount) || rows,
      unit: rows === part.rows && count !== part.rowsCount ? "events" : "rows",
      detail:
        `Expected ${part.rows} rows that count ${part.rowsCount} in the store, got ${rows} that count ${count}` +
        (isSameSum(sum, rowsSum) ? "" : `; expected sums of ${rowsSum}, got ${sum}`),
      command: queryOf(minutes),
    });
  }
}

/** Rows of earlier definitions that the store would not take back may be there, or never were. */
function agree({ rows, rowsCount, rowsSum = "0", doubled }: CommittedPart, found: PartRows | undefined): boolean {
  const { rows: foundRows, count, sum = 0 } = found ?? { rows: 0, count: 0 };
  if (doubled > 0) return foundRows >= rows && foundRows <= rows + doubled && count >= rowsCount;
  return foundRows === rows && count === rowsCount && isSameSum(sum, rowsSum);
}

/** Of doubles that were added up in another order: none cancels another out, and the last digits may differ. */
const sumTolerance = 1e-9;
const isSameSum = (found: number, rowsSum: string): boolean =>
  !(Math.abs(found - Number(rowsSum)) > sumTolerance * Math.abs(Number(rowsSum)));

/** Times of all rows that the parts have, and of those that their records could have. */
function boundsOf(parts: readonly CommittedPart[]): { fromMs: number; toMs: number } {
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, 0];
  for (const { firstBucketMs, lastBucketMs, firstArrivalMs, lastArrivalMs } of parts) {
    fromMs = Math.min(fromMs, firstBucketMs ?? firstArrivalMs, firstArrivalMs);
    toMs = Math.max(toMs, lastBucketMs ?? lastArrivalMs, lastArrivalMs);
  }
  return { fromMs: Math.floor(fromMs), toMs: Math.ceil(toMs) + aheadMsMax };
}

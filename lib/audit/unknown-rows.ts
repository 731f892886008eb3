import type { CommittedPart } from "../store/ledger/ledger.ts";
import type { PartRows } from "../store/rows/store.ts";
import { shardKey } from "../stream/sequence.ts";
import { type AuditRun, askAgainAfterMs, minutesOf, queryOf, questionMsMax } from "./audit-run.ts";
import { partsSince } from "./parts-since.ts";

/** Ids that are held: some 100 MB. */
const idsMax = 1_000_000;
/** Parts with rows that the ledger may not know. */
const suspectsMax = 2_000;
/** Range of a question. */
const dayMs = 86_400_000;

/** Finds rows in the store, of minutes of the range, that are of no part of the ledger. */
export class UnknownRows {
  readonly #run: AuditRun;
  readonly #idsMax: number;
  readonly #known = new Set<string>();

  constructor(run: AuditRun, max = idsMax) {
    this.#run = run;
    this.#idsMax = max;
  }

  know(id: string): void {
    if (this.#run.rows === "all" && this.#known.size < this.#idsMax) this.#known.add(id);
  }

  /** Remembers a part that may have rows in the range. */
  knowPart({ id, firstBucketMs, lastBucketMs }: CommittedPart): void {
    if (firstBucketMs === undefined || lastBucketMs === undefined) return;
    if (lastBucketMs >= this.#run.fromMs && firstBucketMs < this.#run.toMs) this.know(id);
  }

  /** Asks the store once all parts are known. */
  async finish(shardIds: readonly string[]): Promise<void> {
    const run = this.#run;
    if (run.rows !== "all") return;
    if (this.#known.size >= this.#idsMax) {
      return run.leave(`Rows of unknown parts were not looked for: more than ${this.#idsMax} parts, narrow the range`);
    }
    // Half a ledger knows half of the parts.
    if (!run.ledgerRead) return;
    const suspects = await this.#suspects();
    if (suspects.size === 0) return;
    await run.ports.clock.sleep(askAgainAfterMs);
    const still = await this.#askedAgain(suspects);
    // After the store: whoever has rows is open or committed by now.
    await this.#clearOpen(still, shardIds);
    for (const shardId of shardIds) await this.#clear(still, shardId);
    if (run.ledgerRead) for (const rows of still.values()) this.#report(rows);
  }

  async #suspects(): Promise<Map<string, PartRows>> {
    const { fromMs, toMs, ports } = this.#run;
    const suspects = new Map<string, PartRows>();
    for (let firstMs = fromMs; firstMs < toMs; firstMs += dayMs) {
      if (!this.#run.hasTime(2 * questionMsMax)) {
        this.#run.leave("Rows of unknown parts were not looked for to the end of the range: no time left");
        break;
      }
      const question = { fromMs: firstMs, toMs: Math.min(toMs, firstMs + dayMs), parts: undefined };
      for await (const rows of ports.store.rowsOfParts(question)) {
        if (!this.#known.has(rows.part)) suspects.set(rows.part, rows);
        if (suspects.size < suspectsMax) continue;
        this.#run.leave(`Rows of more than ${suspectsMax} unknown parts, narrow the range`);
        return suspects;
      }
    }
    return suspects;
  }

  async #askedAgain(suspects: ReadonlyMap<string, PartRows>): Promise<Map<string, PartRows>> {
    const { fromMs, toMs, ports } = this.#run;
    const still = new Map<string, PartRows>();
    const question = { fromMs, toMs, parts: [...suspects.keys()] };
    for await (const rows of ports.store.rowsOfParts(question)) still.set(rows.part, rows);
    return still;
  }

  async #clearOpen(suspects: Map<string, PartRows>, shardIds: readonly string[]): Promise<void> {
    const { ledger, streamName } = this.#run.ports;
    const heads = await ledger.headsOf(shardIds.map((shardId) => shardKey(streamName, shardId)));
    for (const { open } of heads.values()) for (const { id } of open) suspects.delete(id);
  }

  async #clear(suspects: Map<string, PartRows>, shardId: string): Promise<void> {
    for await (const { id } of partsSince(this.#run, shardId)) {
      if (suspects.size === 0) return;
      suspects.delete(id);
    }
  }

  #report({ part, rows, count, firstBucketMs, lastBucketMs }: PartRows): void {
    const minutes = minutesOf(firstBucketMs, lastBucketMs);
    this.#run.findings.add({
      kind: "unknown-rows",
      where: this.#run.ports.streamName,
      parts: [part],
      minutes,
      amount: rows,
      unit: "rows",
      detail: `Expected every row in the store to be of a part in the ledger, got ${rows} that count ${count} of part ${part}`,
      command: queryOf(minutes),
    });
  }
}

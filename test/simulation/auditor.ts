import type { AuditOptions, AuditPorts, AuditReport } from "../../lib/audit/audit.ts";
import type { FindingKind } from "../../lib/audit/finding.ts";
import type { PartRows, PartRowsQuestion } from "../../lib/store/store.ts";
import { CalledLedger } from "./called-ledger.ts";
import { Process } from "./process.ts";
import { dedupeWindowMs, startMs, type World } from "./world.ts";

const timeMs = 900_000;
/** True at any time, or never. */
const neverTrue: readonly FindingKind[] = ["overlap", "tally", "rows", "unknown-rows"];

/** The audit: the real code, over all of the run. */
export class Auditor {
  readonly #world: World;
  #processes = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Looks while everything goes on: what it says then must hold too. */
  start(rows: AuditOptions["rows"]): void {
    const { world } = this.#around();
    this.audit(rows).then(
      ({ findings }) => {
        world.meet("audits in between");
        const wrong = findings.find(({ kind }) => neverTrue.includes(kind));
        if (wrong !== undefined) world.wrongs.push(`the audit says, while all goes on: ${wrong.kind}: ${wrong.detail}`);
      },
      (error: Error) => world.trace?.(`the audit fails: ${error.name}: ${error.message}`),
    );
  }

  audit(rows: AuditOptions["rows"]): Promise<AuditReport> {
    const { world, process } = this.#around();
    const nowMs = world.clock.now();
    const range = { fromMs: startMs - 600_000, toMs: nowMs + 600_000 };
    return world.product.audit(this.#ports(process), { ...range, rows, deadlineMs: nowMs + timeMs });
  }

  #around(): { world: World; process: Process } {
    const process = new Process(`audit${this.#processes++}`, this.#world.around);
    process.begin([], () => {});
    return { world: this.#world, process };
  }

  #ports(process: Process): AuditPorts {
    const { clock, stream, ledger, failures, streamName, plan } = this.#world;
    const calledLedger = new CalledLedger(ledger, process);
    const listed = async () => (await stream.listShards()).map(({ shardId }) => shardId);
    return {
      streamName,
      shardLists: [{ shardIds: listed }, { shardIds: () => calledLedger.shardIds(streamName) }],
      ledger: calledLedger,
      store: { rowsOfParts: (question) => this.#rowsOfParts(process, question) },
      incoming: {
        records: async (fromMs, toMs) =>
          stream.shards.flatMap(({ records }) => records).filter(({ putMs }) => fromMs <= putMs && putMs < toMs).length,
      },
      failures: failures.calledBy(process),
      retentionMs: plan.surroundings.retentionMs,
      dedupeWindowMs,
      clock,
    };
  }

  async *#rowsOfParts(process: Process, question: PartRowsQuestion): AsyncGenerator<PartRows> {
    const { table, clock, plan } = this.#world;
    const { parts, fromMs, toMs } = question;
    const wanted = parts === undefined ? undefined : new Set(parts);
    yield* await process.call({
      name: "store.query",
      about: () => `rows of ${parts?.length ?? "all"} parts`,
      run: async () => {
        const found = new Map<string, PartRows>();
        for (const { dimensions, timeMs, measures } of table.asOf(clock.now() - plan.surroundings.readLagMs)) {
          const part = dimensions.get("part") ?? "";
          const count = measures.get("count") ?? 0;
          if (count === 0 || timeMs < fromMs || timeMs >= toMs || wanted?.has(part) === false) continue;
          const rows = found.get(part) ?? {
            part,
            rows: 0,
            count: 0,
            sum: 0,
            firstBucketMs: timeMs,
            lastBucketMs: timeMs,
          };
          found.set(part, {
            part,
            rows: rows.rows + 1,
            count: rows.count + count,
            sum: (rows.sum ?? 0) + Math.abs(measures.get("sum") ?? 0),
            firstBucketMs: Math.min(rows.firstBucketMs, timeMs),
            lastBucketMs: Math.max(rows.lastBucketMs, timeMs),
          });
        }
        return [...found.values()];
      },
      error: () => new Error("the store does not answer"),
    });
  }
}

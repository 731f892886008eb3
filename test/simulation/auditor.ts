import type { AuditReport } from "../../lib/audit/audit.ts";
import type { AuditOptions, AuditPorts } from "../../lib/audit/audit-run.ts";
import type { FindingKind } from "../../lib/audit/finding.ts";
import { servicesOf } from "./called-services.ts";
import { Process } from "./process.ts";
import type { World } from "./world.ts";

/** The longest that Lambda lets a function run; a command has all the time that it needs. */
const functionMs = 900_000;
const commandMs = 86_400_000;
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
    this.audit(rows, functionMs).then(
      ({ findings }) => {
        world.meet("audits in between");
        const wrong = findings.find(({ kind }) => neverTrue.includes(kind));
        if (wrong !== undefined) world.wrongs.push(`the audit says, while all goes on: ${wrong.kind}: ${wrong.detail}`);
      },
      (error: Error) => world.trace?.(`the audit fails: ${error.name}: ${error.message}`),
    );
  }

  audit(rows: AuditOptions["rows"], timeMs = commandMs): Promise<AuditReport> {
    const { world, process } = this.#around();
    const nowMs = process.clock.now();
    const range = { fromMs: world.knownSinceMs, toMs: nowMs + 600_000 };
    return world.product.audit(this.#ports(process), { ...range, rows, deadlineMs: nowMs + timeMs });
  }

  #around(): { world: World; process: Process } {
    const process = new Process(`audit${this.#processes++}`, this.#world.around);
    process.begin([], () => {});
    return { world: this.#world, process };
  }

  #ports(process: Process): AuditPorts {
    const { stream, outside, product, streamName, plan } = this.#world;
    const services = servicesOf(outside, product, process);
    return {
      streamName,
      shardLists: [services.stream, { shardIds: () => services.ledger.shardIds(streamName) }],
      ledger: services.ledger,
      store: services.store,
      incoming: {
        records: async (fromMs, toMs) =>
          stream.shards.flatMap(({ records }) => records).filter(({ putMs }) => fromMs <= putMs && putMs < toMs).length,
      },
      failures: services.failures,
      retentionMs: plan.surroundings.retentionMs,
      dedupeWindowMs: this.#world.dedupeWindowMs,
      clock: process.clock,
    };
  }
}

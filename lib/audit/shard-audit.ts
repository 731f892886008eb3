import { mayRepeatUnknown } from "../roll-up/lineage.ts";
import type { CommittedPart, Head } from "../store/ledger/ledger.ts";
import { compareSequence } from "../stream/sequence.ts";
import { type AuditRun, aboutPart, minutesOf, queryOf } from "./audit-run.ts";
import { addOverlap, checkOpenParts } from "./open-parts.ts";
import { partsSince } from "./parts-since.ts";
import type { RecordCheck } from "./record-check.ts";
import type { RowCheck } from "./row-check.ts";
import type { UnknownRows } from "./unknown-rows.ts";

export interface ShardChecks {
  readonly records: RecordCheck;
  readonly rows: RowCheck;
  readonly unknown: UnknownRows;
}

/** Looks at the promises and the committed parts of a shard, whose head was read before; tells of each part of the range. */
export async function auditShard(
  run: AuditRun,
  shardId: string,
  head: Head,
  { records, rows, unknown }: ShardChecks,
  onPart: (part: CommittedPart) => void,
): Promise<void> {
  const { open } = head;
  const promised = new Map(open.map((part) => [part.id, part]));
  for (const { id } of open) unknown.know(id);
  await checkOpenParts(run, shardId, open);
  /** Of all parts seen so far the one that reaches furthest back: what comes next must end before it. */
  let reaching: CommittedPart | undefined;
  for await (const part of partsSince(run, shardId)) {
    const isAsked = run.isAsked(part);
    const behind = reaching;
    if (reaching === undefined || compareSequence(part.firstSequence, reaching.firstSequence) < 0) reaching = part;
    if (behind !== undefined && compareSequence(behind.firstSequence, part.lastSequence) <= 0) {
      if (isAsked || run.isAsked(behind)) addOverlap(run, shardId, part, behind);
    }
    records.add(part);
    unknown.knowPart(part);
    const isClosed = !promised.delete(part.id);
    if (!isAsked) continue;
    onPart(part);
    checkPart(run, shardId, part);
    if (mayRepeatUnknown(head, part, run.ports)) addLineage(run, shardId, part);
    // The rows of a promise may be being written again.
    if (isClosed) await rows.add(shardId, part);
  }
  for (const part of promised.values()) records.addOpen(part);
}

function addLineage(run: AuditRun, shardId: string, part: CommittedPart): void {
  run.findings.add({
    kind: "lineage",
    where: shardId,
    parts: [part.id],
    sequences: [part.firstSequence, part.lastSequence],
    minutes: minutesOf(part.firstArrivalMs, part.lastArrivalMs),
    amount: part.counted,
    unit: "events",
    detail:
      "Expected to know from which shards this one came, got some that the stream had forgotten: what was repeated across that resharding may count twice",
    command: "npx millrace why MESSAGE_ID",
  });
}

function checkPart(run: AuditRun, shardId: string, part: CommittedPart): void {
  const { events, counted, duplicate, quarantined, late, lost = 0, doubled } = part;
  const about = aboutPart(shardId, part);
  const sum = counted + duplicate + quarantined + late + lost;
  if (events !== sum) {
    run.findings.add({
      kind: "tally",
      ...about,
      amount: Math.abs(events - sum),
      unit: "events",
      detail: `Expected ${events} events to be counted, duplicate, quarantined or late, got ${sum}`,
      command: run.command("audit --rows all"),
    });
  }
  if (lost > 0) {
    const detail = `Expected the part to be counted, got one written off with ${lost} events in ${part.records} records`;
    run.findings.add({ kind: "lost", ...about, amount: lost, unit: "events", detail, command: queryOf(about.minutes) });
  } else if (doubled > 0) {
    run.findings.add({
      kind: "doubled",
      ...about,
      amount: doubled,
      unit: "rows",
      detail: `Expected no rows in the store but the part's own, got up to ${doubled} more that may count too`,
      command: queryOf(about.minutes),
    });
  }
}

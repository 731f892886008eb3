import { type CommittedPart, newHead } from "../store/ledger/ledger.ts";
import { shardKey } from "../stream/sequence.ts";
import { type AuditOptions, type AuditPorts, AuditRun, isoOf } from "./audit-run.ts";
import type { Finding, FindingKind } from "./finding.ts";
import { checkGivenUp } from "./given-up.ts";
import { RecordCheck, type RecordSums } from "./record-check.ts";
import { RowCheck } from "./row-check.ts";
import { auditShard, type ShardChecks } from "./shard-audit.ts";
import { UnknownRows } from "./unknown-rows.ts";

/** What was counted in a range of time, and what is wrong with it. Times are ISO 8601. */
export interface AuditReport extends Readonly<Record<Summed, number>> {
  readonly from: string;
  readonly to: string;
  readonly shards: number;
  /** Committed parts with a record that arrived in the range; records and events are those of these parts. */
  readonly parts: number;
  /** Parts whose rows were compared with the store's. */
  readonly partsCompared: number;
  /** Records that the stream took in the range; "unknown" where CloudWatch does not say, or not yet. */
  readonly incoming: number | "unknown";
  /** Of many the first ones. */
  readonly findings: readonly Finding[];
  /** All of them, by kind. */
  readonly counts: Readonly<Record<FindingKind, number>>;
  /** Whether all that was asked for was looked at. */
  readonly complete: boolean;
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

/** Where an audit of many shards goes on: it takes more than one invocation. */
export interface AuditProgress {
  /** In whole minutes, half-open. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The last shard that was looked at, in the order of their ids; "" before the first. */
  readonly after: string;
  /** Of the shards up to that one. */
  readonly records: RecordSums;
}

const summed = ["records", "events", "counted", "duplicate", "quarantined", "late"] as const;
type Summed = (typeof summed)[number];

/** Shards that are looked at at one time. */
const shardsAtOnce = 10;

/**
 * Checks that the ledger is right in itself, and against the stream, the store and the batches that Lambda gave up on.
 * Parts are those with a record that arrived in the range; promises that are open and batches that wait are looked at
 * whenever they are from. Reads the ledger from its newest part back to the range and holds none of it. Throws what
 * the ledger, the store, CloudWatch and S3 throw.
 */
export async function audit(ports: AuditPorts, options: AuditOptions): Promise<AuditReport> {
  return (await auditFrom(ports, options, undefined)).report;
}

/**
 * As above, of the shards behind those of an earlier run. `left` is where the next run goes on; undefined where all shards
 * were looked at. `missed` says whether anything else could not be looked at. What concerns the stream as a whole is looked
 * at last.
 */
export async function auditFrom(
  ports: AuditPorts,
  options: AuditOptions,
  start: AuditProgress | undefined,
): Promise<{ readonly report: AuditReport; readonly left: AuditProgress | undefined; readonly missed: boolean }> {
  const run = new AuditRun(ports, options);
  const sums: Record<Summed | "parts", number> & Record<string, number> = {
    parts: 0,
    ...(Object.fromEntries(summed.map((field) => [field, 0])) as Record<Summed, number>),
  };
  const onPart = (part: CommittedPart): void => {
    sums.parts++;
    for (const field of summed) sums[field] += part[field];
  };
  const records = new RecordCheck(run, start?.records);
  const checks = { records, rows: new RowCheck(run), unknown: new UnknownRows(run) };
  const shardIds = await allShards(ports);
  const after = start?.after ?? "";
  const place = await auditShards(run, { shardIds: shardIds.filter((id) => id > after), after }, checks, onPart);
  const incoming = run.ledgerRead || start === undefined ? await records.finish() : undefined;
  if (run.ledgerRead || start === undefined) await checkGivenUp(run);
  await checks.rows.finish();
  await checks.unknown.finish(shardIds);
  const report = {
    from: isoOf(run.fromMs),
    to: isoOf(run.toMs),
    shards: shardIds.length,
    ...sums,
    partsCompared: checks.rows.partsCompared,
    incoming: incoming ?? "unknown",
    findings: run.findings.listed(),
    counts: run.findings.counts,
    complete: run.isComplete,
    notes: [...run.notes],
  } as const;
  const left = run.ledgerRead ? undefined : { fromMs: run.fromMs, toMs: run.toMs, ...place };
  return { report, left, missed: run.missed };
}

/** Looks at shards in order until the time is up; how far that was, and what their records came to. */
async function auditShards(
  run: AuditRun,
  { shardIds, after }: { readonly shardIds: readonly string[]; readonly after: string },
  checks: ShardChecks,
  onPart: (part: CommittedPart) => void,
): Promise<Pick<AuditProgress, "after" | "records">> {
  const { ledger, streamName } = run.ports;
  let place = { after, records: checks.records.sums };
  for (let first = 0; first < shardIds.length; first += shardsAtOnce) {
    const some = shardIds.slice(first, first + shardsAtOnce);
    // Order matters: a part committed in between is then seen twice instead of missed.
    const heads = await ledger.headsOf(some.map((shardId) => shardKey(streamName, shardId)));
    const headOf = (shardId: string) => heads.get(shardKey(streamName, shardId)) ?? newHead;
    await Promise.all(some.map((shardId) => auditShard(run, shardId, headOf(shardId), checks, onPart)));
    if (!run.ledgerRead) break;
    place = { after: some.at(-1) ?? after, records: checks.records.sums };
  }
  return place;
}

async function allShards({ shardLists }: AuditPorts): Promise<string[]> {
  const lists = await Promise.all(shardLists.map((list) => list.shardIds()));
  return [...new Set(lists.flat())].sort();
}

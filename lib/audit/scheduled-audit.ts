import { bucketMsOf } from "../roll-up/fold/part-fold.ts";
import { type AuditProgress, type AuditReport, auditFrom } from "./audit.ts";
import { type AuditOptions, type AuditPorts, settledAfterMs } from "./audit-run.ts";
import { backMsMax } from "./range.ts";

const hourMs = 3_600_000;

interface Schedule {
  readonly everyMs: number;
  readonly rows: AuditOptions["rows"];
}

/** What runs by itself: the ledger in itself and against the stream soon, and a sample of its rows, which costs, once a day. */
export const schedules = {
  hourly: { everyMs: hourMs, rows: "none" },
  daily: { everyMs: 24 * hourMs, rows: "sample" },
} as const satisfies Readonly<Record<string, Schedule>>;

export type ScheduleName = keyof typeof schedules;
export const scheduleNames = Object.keys(schedules) as readonly ScheduleName[];

/** How far a range overlaps the one before it, so that events counted late are checked too. */
const overlapMs = hourMs;
/** An invocation that is early by less than this is not too early: a schedule drifts. */
const driftMs = hourMs / 2;

/** How far the audits of a schedule are. */
export interface AuditPlace {
  /** All that arrived before was looked at. */
  readonly throughMs: number;
  /** A range that is being looked at, shard by shard, in as many invocations as it takes. */
  readonly run?: AuditProgress;
}

/** Where the places of the schedules are kept. */
export interface AuditLog {
  read(schedule: ScheduleName): Promise<AuditPlace | undefined>;
  write(schedule: ScheduleName, place: AuditPlace): Promise<void>;
}

export interface ScheduledReport extends AuditReport {
  /** How old the newest record is that the audits of a schedule have surely looked at, in milliseconds. */
  readonly behindMs: Readonly<Record<ScheduleName, number>>;
}

/**
 * Goes on with the audits of a schedule where the last invocation left off: with the shards that there was no time for, else
 * with what has arrived since. Nothing is left out, however many shards there are: the audits only come later. What could
 * not be looked at for another reason is looked at again. Undefined where nothing is due. Throws what `audit` and the log
 * throw.
 */
export async function scheduledAudit(
  ports: AuditPorts & { readonly log: AuditLog },
  name: ScheduleName,
  deadlineMs: number,
): Promise<ScheduledReport | undefined> {
  const { log, clock } = ports;
  const { everyMs, rows } = schedules[name];
  const nowMs = clock.now();
  const toMs = bucketMsOf(nowMs - settledAfterMs);
  const places = await placesOf(log, toMs);
  const { throughMs, run } = places[name];
  if (run === undefined && toMs - throughMs < everyMs - driftMs) return undefined;
  const start = run ?? {
    fromMs: Math.max(throughMs - overlapMs, nowMs - backMsMax),
    toMs,
    after: "",
    records: { least: 0, most: 0, newestMs: 0 },
  };
  const { report, left, missed } = await auditFrom(ports, { ...start, rows, deadlineMs }, start);
  const reached = left === undefined ? { throughMs: start.toMs } : { throughMs, run: left };
  const place = missed ? places[name] : reached;
  await log.write(name, place);
  const through = { ...places, [name]: place };
  const behindMs = { hourly: nowMs - through.hourly.throughMs, daily: nowMs - through.daily.throughMs };
  return { ...report, behindMs };
}

/** Before the first audit of a schedule, all is taken to be looked at that is older than its ranges are long. */
async function placesOf(log: AuditLog, toMs: number): Promise<Record<ScheduleName, AuditPlace>> {
  const placeOf = async (name: ScheduleName): Promise<AuditPlace> => {
    const known = await log.read(name);
    if (known !== undefined) return known;
    const place = { throughMs: toMs - schedules[name].everyMs };
    // Kept at once: the place ages although no audit of the schedule ever runs.
    await log.write(name, place);
    return place;
  };
  return { hourly: await placeOf("hourly"), daily: await placeOf("daily") };
}

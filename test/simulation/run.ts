import type { AuditReport } from "../../lib/audit/audit.ts";
import { ledgerDays } from "../../lib/limits.ts";
import { compareSequence } from "../../lib/stream/sequence.ts";
import { definitionsFor } from "./deployment.ts";
import { judge } from "./oracle.ts";
import type { Fate, Plan, Step } from "./plan.ts";
import { hashOf } from "./producer.ts";
import type { Product } from "./product.ts";
import { Random } from "./random.ts";
import type { Doubt } from "./remains.ts";
import { shownStep } from "./shown-plan.ts";
import { withVirtualGlobals } from "./virtual-globals.ts";
import { type RunOptions, World } from "./world.ts";

/** What came of one run. */
export interface RunResult {
  /** What is wrong, the first of it; undefined where nothing is. */
  readonly wrong: string | undefined;
  /** What could not be made good: records that nobody has any more, rows that cannot be taken back. */
  readonly doubts: number;
  readonly invocations: number;
  readonly records: number;
  readonly parts: number;
  /** What was met, how often. */
  readonly met: ReadonlyMap<string, number>;
}

/** However long the mapping may take to be done with what is left, once nothing is wrong any more. */
const finishMsMax = 12 * 3_600_000;
/** What sweep and redrive need at most for what can be recovered: each comes by several times. */
const recoverMsMax = ({ surroundings }: Plan): number => 8 * surroundings.redriveEveryMs;
const takeOverMs = 200_000;
const dayMs = 86_400_000;
const slowCounting: Fate = {
  faults: [0, 1].map((nth) => ({ call: "roll-up.run", nth, what: "stalls", ms: 400_000 })),
  outlivesLimit: true,
};
/** On-call does it again where something was left: a process of an earlier deployment may have had the first try. */
const gapsTimesMax = 3;
const settleMs = 16 * 60_000;

/** Plays a plan from beginning to end, and compares what is stored with what was sent. */
export function run(plan: Plan, product: Product, options: RunOptions): Promise<RunResult> {
  const world = new World(plan, product, options);
  return withVirtualGlobals(
    () => world.clock.now(),
    new Random(plan.chance, 4).next,
    () => play(world),
  );
}

async function play(world: World): Promise<RunResult> {
  world.startMapping();
  world.recovery.startSchedules();
  await actAll(world, world.plan.steps);
  const result = resultOf(world, await finalAudit(world), wrongAudit);
  if (world.plan.later.length === 0 || result.wrong !== undefined) return result;
  await outliveLedger(world);
  await actAll(world, world.plan.later);
  return resultOf(world, await finalAudit(world), unfoundedAudit);
}

async function actAll(world: World, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    await world.clock.advance(step.afterMs);
    world.trace?.(`-- ${shownStep(step)}`);
    act(world, step);
  }
  await world.clock.advance(1_000);
  await finish(world);
}

/** Nothing comes until all that the ledger had has expired, but for what is still open. */
async function outliveLedger(world: World): Promise<void> {
  const { clock, recovery, plan } = world;
  world.meet("ledgers outlived");
  recovery.startSchedules(dayMs);
  await clock.advance((ledgerDays + 1) * dayMs + plan.surroundings.deletedAfterMs);
  world.isOver = false;
  world.knownSinceMs = clock.now() - dayMs / 2;
  // No environment of Lambda lives that long.
  world.function.deploy(definitionsFor(plan.last, plan.surroundings), false);
  world.startMapping();
  recovery.startSchedules();
}

/** Time passes while it asks. */
async function finalAudit({ clock, auditor }: World): Promise<AuditReport> {
  let report: AuditReport | undefined;
  const auditing = auditor.audit("all").then((finished) => {
    report = finished;
  });
  while (report === undefined) {
    await Promise.race([auditing, clock.advance(1_000)]);
  }
  return report;
}

function resultOf(world: World, audit: AuditReport, wrongIn: typeof wrongAudit): RunResult {
  const { wrongs, stream, met } = world;
  const { wrong: wrongTotal, doubts } = judge(world);
  for (const { what } of doubts) world.trace?.(`in doubt: ${what}`);
  for (const { kind, where, detail } of audit.findings) world.trace?.(`the audit says: ${kind}: ${where}: ${detail}`);
  const wrong = wrongTotal ?? wrongIn(audit, doubts);
  const parts = [...world.ledger.parts.values()].flat();
  for (const { definitions, duplicate } of parts) {
    if (definitions.length > 1) world.meet("parts taken over");
    if (duplicate > 0) world.meet("parts with duplicates");
  }
  return {
    wrong: wrongs[0] ?? wrong,
    doubts: doubts.length,
    invocations: world.function.invocations,
    records: stream.shards.reduce((sum, shard) => sum + shard.records.length, 0),
    parts: parts.length,
    met,
  };
}

/** The audit must say nothing that is not in doubt. */
function unfoundedAudit({ findings, complete }: AuditReport, doubts: readonly Doubt[]): string | undefined {
  if (!complete) return "the audit is not complete";
  const unfounded = findings.find(({ kind }) => !doubts.some(({ kinds }) => kinds.includes(kind)));
  return unfounded && `the audit is wrong: ${unfounded.kind}: ${unfounded.detail}`;
}

/** It must say all that is in doubt, too. */
function wrongAudit(report: AuditReport, doubts: readonly Doubt[]): string | undefined {
  const unfounded = unfoundedAudit(report, doubts);
  if (unfounded !== undefined) return unfounded;
  const { findings } = report;
  const silent = doubts.find(({ kinds }) => !findings.some(({ kind }) => kinds.includes(kind)));
  if (silent !== undefined) return `the audit does not say: ${silent.what}`;
  const missing = doubts.filter(({ kinds }) => kinds.includes("records")).length;
  const told = findings.find(({ kind }) => kind === "records")?.amount ?? 0;
  return told === missing ? undefined : `the audit says that ${told} records are missing, and ${missing} are`;
}

function act(world: World, step: Step): void {
  const { plan, stream } = world;
  if (step.kind !== "put" && step.kind !== "faults") world.meet(`${step.kind}s`);
  switch (step.kind) {
    case "put": {
      const put = world.producer.put(step);
      world.trace?.(
        put === undefined ? "nothing to send" : `record ${put.record.sequenceNumber} in ${put.shard.shardId}`,
      );
      return;
    }
    case "faults":
      world.function.fates.push(step);
      return;
    case "throttle":
      world.function.throttles += step.invocations;
      return;
    case "outage":
      world.outage(step.service, step.forMs, step.hangMs);
      return;
    case "deploy":
      world.function.deploy(definitionsFor(step.name, plan.surroundings), step.mixed);
      return;
    case "restart":
      if (!step.overlaps) world.killMappings();
      world.loseCheckpoints(step.checkpoints);
      world.startMapping();
      return;
    case "redeliver": {
      const shard = at(stream.shards, step.shard);
      const from = Math.floor(step.from * shard.records.length);
      const to = from + 1 + Math.floor(step.to * (shard.records.length - from));
      const records = shard.records.slice(from, to);
      if (records.length > 0) world.invoke(shard, records);
      return;
    }
    case "split":
      stream.split(step.person === undefined ? at(stream.shards, step.shard) : stream.shardOf(hashOf(step.person)));
      return;
    case "merge":
      stream.merge(at(stream.shards, step.shard));
      return;
    case "reinvoke": {
      const { givenUp } = world.bucket;
      if (givenUp.length === 0) return;
      const { payload } = JSON.parse(at(givenUp, step.which)) as { payload: unknown };
      void world.function.invoke(typeof payload === "string" ? payload : JSON.stringify(payload));
      return;
    }
    case "recover":
      void world.recovery.start(step.what, step);
      return;
    case "audit":
      world.auditor.start(step.rows);
      return;
    case "skip": {
      const { shardId, records } = at(stream.shards, step.shard);
      if (records.length > 0)
        world.recovery.skip({ shardId, sequenceNumber: at(records, step.record).sequenceNumber }, step);
      return;
    }
    case "lull":
      return;
    default:
      throw step satisfies never;
  }
}

const at = <T>(from: readonly T[], share: number): T => from[Math.floor(share * from.length)] as T;

/** Everything works again, and what is left to be done is done; whoever was thought dead comes back, some of them last. */
async function finish(world: World): Promise<void> {
  const { clock, plan, sleepers } = world;
  world.trace?.("-- everything works again");
  world.heal();
  world.isOver = true;
  world.function.deploy(definitionsFor(plan.last, plan.surroundings), false);
  world.killMappings();
  world.startMapping();
  skipWhatBlocks(world);
  for (const wake of sleepers.splice(0, plan.seed % 2)) wake();
  await until(world, () => isRead(world), finishMsMax);
  if (!isRead(world)) world.wrongs.push("the mapping does not get to the end of the stream");
  world.killMappings();
  await until(world, () => isRecovered(world), recoverMsMax(plan));
  world.trace?.("-- who still sleeps wakes up");
  for (const wake of sleepers.splice(0)) wake();
  await clock.advance(takeOverMs);
  await until(world, () => isRecovered(world), recoverMsMax(plan));
  // What Lambda gave up on while nobody took it: on-call is told by the audit.
  for (let time = 0; time < gapsTimesMax && (time === 0 || world.recovery.leavesGaps); time++) {
    let isDone = false;
    // It may take its time over the records of a page: the iterator of the next one has expired then.
    void world.recovery.start("gaps", time === 0 && plan.seed % 2 === 0 ? slowCounting : undefined).then(() => {
      isDone = true;
    });
    await until(world, () => isDone, recoverMsMax(plan));
    await clock.advance(takeOverMs);
    await until(world, () => isRecovered(world), recoverMsMax(plan));
  }
  if (plan.seed % 3 === 0) void world.recovery.start("write-off");
  // Whatever was still running ends, and all that was written can be read.
  await clock.advance(settleMs);
}

async function until({ clock }: World, isDone: () => boolean, forMs: number): Promise<void> {
  for (let passedMs = 0; !isDone() && passedMs < forMs; passedMs += 60_000) await clock.advance(60_000);
}

/** A record that ends the process and is never given up: somebody must say that it is to be skipped. */
function skipWhatBlocks({ stream, plan, recovery }: World): void {
  const { retries, ageSeconds } = plan.surroundings;
  if (retries !== -1 || ageSeconds !== -1) return;
  for (const { shardId, records } of stream.shards) {
    for (const { sequenceNumber } of records) {
      if (stream.killers.has(sequenceNumber)) recovery.skip({ shardId, sequenceNumber });
    }
  }
}

/** Whether the mapping's checkpoints are behind every record that the stream still has. */
function isRead({ stream, checkpoints }: World): boolean {
  return stream.shards.every((shard) => {
    const checkpoint = checkpoints.get(shard.shardId);
    const last = stream.kept(shard).at(-1);
    if (last === undefined || checkpoint?.kind === "ended") return true;
    return checkpoint?.kind === "after" && compareSequence(checkpoint.sequenceNumber, last.sequenceNumber) >= 0;
  });
}

/** Whether nothing was left behind. */
function isRecovered({ ledger, bucket }: World): boolean {
  return bucket.failures.size === 0 && [...ledger.heads.values()].every(({ open }) => open.length === 0);
}

import { compareSequence } from "../../lib/record/sequence.ts";
import { shardKey } from "../../lib/record/shard-key.ts";
import { covers } from "../../lib/roll-up/uncovered.ts";
import { definitionsFor } from "./deployment.ts";
import { findWrong } from "./oracle.ts";
import type { Plan, Step } from "./plan.ts";
import type { Product } from "./product.ts";
import { Random } from "./random.ts";
import { shownStep } from "./shown-plan.ts";
import { withVirtualGlobals } from "./virtual-globals.ts";
import { type RunOptions, streamName, World } from "./world.ts";

/** What came of one run. */
export interface RunResult {
  /** What is wrong, the first of it; undefined where nothing is. */
  readonly wrong: string | undefined;
  readonly invocations: number;
  readonly records: number;
  readonly parts: number;
  /** What was met, how often. */
  readonly met: ReadonlyMap<string, number>;
}

/** However long the mapping may take to be done with what is left, once nothing is wrong any more. */
const finishMsMax = 12 * 3_600_000;
const takeOverMs = 200_000;

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
  for (const step of world.plan.steps) {
    await world.clock.advance(step.afterMs);
    world.trace?.(`-- ${shownStep(step)}`);
    act(world, step);
  }
  await world.clock.advance(1_000);
  await finish(world);
  return resultOf(world);
}

function resultOf(world: World): RunResult {
  const { wrongs, stream, met } = world;
  const parts = [...world.ledger.parts.values()].flat();
  for (const { definitions, duplicate } of parts) {
    if (definitions.length > 1) world.meet("parts taken over");
    if (duplicate > 0) world.meet("parts with duplicates");
  }
  return {
    wrong: wrongs[0] ?? findWrong(world),
    invocations: world.function.invocations,
    records: stream.shards.reduce((sum, shard) => sum + shard.records.length, 0),
    parts: parts.length,
    met,
  };
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
      world.function.deploy(definitionsFor(step.name, plan.surroundings.groupsPerBucket), step.mixed);
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
      if (records.length > 0) void world.invoke(shard, records);
      return;
    }
    case "split":
      stream.split(at(stream.shards, step.shard));
      return;
    case "merge":
      stream.merge(at(stream.shards, step.shard));
      return;
    case "redrive": {
      if (world.failures.length === 0) return;
      const { payload } = JSON.parse(at(world.failures, step.which)) as { payload: unknown };
      void world.function.invoke(typeof payload === "string" ? payload : JSON.stringify(payload));
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
  world.function.deploy(definitionsFor(plan.last, plan.surroundings.groupsPerBucket), false);
  world.killMappings();
  world.startMapping();
  for (const wake of sleepers.splice(0, plan.seed % 2)) wake();
  for (let passedMs = 0; !isRead(world) && passedMs < finishMsMax; passedMs += 60_000) await clock.advance(60_000);
  if (!isRead(world)) world.wrongs.push("the mapping does not get to the end of the stream");
  await keepPromises(world);
  world.trace?.("-- who still sleeps wakes up");
  for (const wake of sleepers.splice(0)) wake();
  await clock.advance(takeOverMs);
  world.killMappings();
  await keepPromises(world);
}

/** Whether the mapping's checkpoints are behind every record. */
function isRead({ stream, checkpoints }: World): boolean {
  return stream.shards.every(({ shardId, records }) => {
    const checkpoint = checkpoints.get(shardId);
    const last = records.at(-1);
    if (last === undefined || checkpoint?.kind === "ended") return true;
    return checkpoint?.kind === "after" && compareSequence(checkpoint.sequenceNumber, last.sequenceNumber) >= 0;
  });
}

/** Promises that nobody came back for: any record of one brings it to mind. The sweep's place, once there is one. */
async function keepPromises(world: World): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    for (const shard of world.stream.shards) {
      const { open } = await world.ledger.head(shardKey(streamName, shard.shardId));
      for (const part of open) {
        const records = shard.records.filter(({ sequenceNumber }) => covers(part, sequenceNumber));
        if (records.length > 0) void world.invoke(shard, records.slice(0, 1));
        await world.clock.advance(1_000);
      }
    }
    await world.clock.advance(takeOverMs);
  }
}

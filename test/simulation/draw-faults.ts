import { drawEarlyWriteOff, drawGap, drawLateWriteOff, drawLoss } from "./draw-loss.ts";
import { drawReshard } from "./draw-reshard.ts";
import { drawTakeOver, drawUndecodable } from "./draw-take-over.ts";
import { type Drawing, drawDelay, drawName } from "./drawing.ts";
import { type CallFault, type CallName, callNames, type Fate, recoveryCallNames, type Step } from "./plan.ts";

/** What a process calls in nearly every invocation more often than what it rarely does. */
const weighed: readonly CallName[] = [
  ...callNames,
  ...Array.from({ length: 3 }, () => ["ledger.moveHead", "ledger.commit", "store.write"] as const).flat(),
  ...(["ledger.keepIds", "ledger.committed", "ledger.neighbours", "store.write"] as const),
];

/** What sweep and redrive call, and what they call most. */
const recoveryCalls: readonly CallName[] = [
  ...recoveryCallNames,
  ...(["roll-up.run", "ledger.moveHead", "ledger.head", "ledger.committed", "stream.read"] as const),
];

export function drawFault(world: Drawing): Step[] {
  const { random, surroundings } = world;
  if (world.reshards && random.chance(0.4)) return drawReshard(world);
  if (surroundings.retentionMs < Number.POSITIVE_INFINITY && random.chance(0.09))
    return random.chance(0.6) ? drawLoss(world) : drawLateWriteOff(world);
  if (random.chance(0.02)) return drawEarlyWriteOff(world);
  if (surroundings.retries >= 0 && random.chance(0.05)) return drawGap(world);
  if (random.chance(0.04)) return drawUndecodable(world);
  if (random.chance(0.04)) return drawTakeOver(world);
  const fault = drawOneFault(world);
  // What an invocation leaves behind is taken over by the code of another deployment.
  if (fault.kind !== "faults" || !random.chance(0.3)) return [fault];
  return [fault, drawDeploy(world, random.below(20_000))];
}

export function drawFate(world: Drawing, calls = weighed): Fate {
  const { random } = world;
  const faults = Array.from({ length: random.chance(0.8) ? 1 : 2 }, () => drawCallFault(world, calls));
  return { faults, outlivesLimit: random.chance(0.6) };
}

function drawCallFault({ random, isLong }: Drawing, calls: readonly CallName[]): CallFault {
  const byName = random.chance(0.6);
  const sleepsMs = [0, 5_000, 100_000, 200_000, isLong ? 7_200_000 : 400_000];
  return {
    call: byName ? random.pick(calls) : "any",
    nth: byName ? random.pick([0, 0, 0, 1, 1, 2]) : random.below(18),
    what: random.pick([
      "dies before",
      "dies before",
      "dies after",
      "dies after",
      "lands late",
      "stalls",
      "stalls",
      "answer lost",
      "refused",
    ]),
    ms: random.pick(sleepsMs),
  };
}

function drawDeploy({ random }: Drawing, afterMs: number): Step {
  return { kind: "deploy", afterMs, name: drawName(random), mixed: random.chance(0.3) };
}

function drawOneFault(world: Drawing): Step {
  const { random, isLong } = world;
  const afterMs = drawDelay(world);
  const kind = random.next();
  if (kind < 0.45) return { kind: "faults", afterMs, ...drawFate(world) };
  if (kind < 0.5) {
    const fate = random.chance(0.6) ? drawFate(world, recoveryCalls) : { faults: [], outlivesLimit: false };
    if (random.chance(0.2)) return { kind: "audit", afterMs, rows: random.pick(["sample", "all"] as const) };
    if (random.chance(0.15)) return { kind: "skip", afterMs, shard: random.next(), record: random.next(), ...fate };
    return { kind: "recover", afterMs, what: random.pick(["sweep", "redrive", "gaps", "write-off"] as const), ...fate };
  }
  if (kind < 0.66) {
    return { kind: "redeliver", afterMs, shard: random.next(), from: random.next(), to: random.next() };
  }
  if (kind < 0.76) return drawDeploy(world, afterMs);
  if (kind < 0.83) {
    const checkpoints = random.pick(["kept", "back", "lost"] as const);
    return { kind: "restart", afterMs, checkpoints, overlaps: random.chance(0.3) };
  }
  if (kind < 0.86) return { kind: "throttle", afterMs, invocations: random.between(1, 4) };
  if (kind < 0.9) {
    const service = random.pick(["store", "ledger", "store", "ledger", "quarantine", "stream", "roll-up"] as const);
    const forMs = isLong ? random.between(30 * 60_000, 4 * 3_600_000) : random.between(1_000, 400_000);
    return { kind: "outage", afterMs, service, forMs, hangMs: Math.floor(forMs / random.between(3, 20)) };
  }
  if (kind < 0.96) return { kind: random.pick(["split", "merge"] as const), afterMs, shard: random.next() };
  if (kind < 0.98) return { kind: "reinvoke", afterMs, which: random.next() };
  return { kind: "lull", afterMs: isLong ? random.between(3_600_000, 4 * 3_600_000) : random.between(60_000, 600_000) };
}

import { lambdaPayloadBytesMax } from "../../lib/limits.ts";
import { drawSwitches, type Switches } from "../../local/event-source-mapping/switches.ts";
import { drawFate, drawFault } from "./draw-faults.ts";
import { drawPuts } from "./draw-puts.ts";
import { drawReshards } from "./draw-reshard.ts";
import { type Drawing, type DrawOptions, drawDelay, drawName } from "./drawing.ts";
import type { Plan, Step, Surroundings } from "./plan.ts";
import { Random } from "./random.ts";
import { drawStoreSwitches, storeDefaults } from "./store-switches.ts";

/** The plan of a seed: sixty records at most, a handful of faults, and the world that they meet. */
export function drawPlan(seed: number, options: DrawOptions): Plan {
  const random = new Random(seed, 1);
  const reshards = random.chance(0.2);
  const surroundings = drawSurroundings(random, options, reshards);
  const world: Drawing = {
    random,
    surroundings,
    isLong: surroundings.pollMs >= 60_000,
    reshards,
    people: surroundings.shards > 3 ? 60 : reshards ? 3 : 6,
    events: [],
    ids: 0,
  };
  const puts: Step[] = [];
  const records = random.between(6, 34);
  while (puts.length < records) puts.push(...drawPuts(world));
  const faults = Array.from({ length: random.between(2, 11) }, () => drawFault(world));
  const steps = puts;
  for (const fault of faults) steps.splice(random.below(steps.length + 1), 0, ...fault);
  const last = random.chance(0.5) ? "first" : drawName(random);
  return { seed, chance: seed, surroundings, steps, later: drawLater(world), last };
}

/** The life of the same stream after the ledger's items have expired: most of what may happen has happened before. */
function drawLater(world: Drawing): Step[] {
  const { random, surroundings } = world;
  // What the stream still had would be counted again: it forgets before the ledger does.
  const { retentionMs, shards } = surroundings;
  if (retentionMs === Number.POSITIVE_INFINITY || shards > 3 || random.chance(0.5)) return [];
  const steps = Array.from({ length: random.between(3, 8) }, () => drawPuts(world)).flat();
  for (let n = 0; n < 3; n++) {
    const [fault] = random.chance(0.5)
      ? drawReshards(random)
      : [{ kind: "faults" as const, afterMs: drawDelay(world), ...drawFate(world) }];
    steps.splice(random.below(steps.length + 1), 0, fault);
  }
  return steps;
}

function drawSurroundings(random: Random, { switches }: DrawOptions, reshards: boolean): Surroundings {
  const isLong = random.chance(0.12);
  const days = isLong && random.chance(0.25) ? random.pick([1, 7]) : 0;
  const all = switches === "all";
  const gives = random.chance(reshards ? 0.8 : 0.2);
  const capped = random.chance(0.15);
  const storeSwitches = all ? drawStoreSwitches(random) : storeDefaults;
  const engineSwitches: Partial<Switches> = all ? drawSwitches(random.next) : {};
  // A record that no event can carry would be tried for ever, where that is how it goes.
  const leastBytes = engineSwitches.recordTooLarge === "retry" ? 5_000 : 1_500;
  const drawn: Surroundings = {
    shards: isLong && random.chance(0.1) ? 50 : random.pick([1, 1, 2, 3]),
    batchSize: random.pick([1, 2, 3, 4, 6, 10, 20]),
    windowSeconds: random.pick([0, 0, 5, 20]),
    retries: gives ? random.between(0, 3) : -1,
    ageSeconds: gives && random.chance(0.6) ? random.pick([60, 120, 600]) : -1,
    bisects: random.chance(0.8),
    pollMs: isLong ? random.pick([60_000, 300_000]) * (days === 0 ? 1 : 6) : random.pick([1_000, 5_000, 15_000]),
    windowHours: days === 0 ? 1 : days * 24,
    slowShare: random.pick([0, 0.1, 0.3]),
    slowMs: random.pick([20, 1_000, 10_000]),
    // What is refused by its group is told from `(other)` only where no group is over the cap.
    groupsPerBucket: capped && ["none", "old"].includes(storeSwitches.refuses) ? 2 : 1_000,
    smallParts: random.chance(0.2),
    pageSize: random.pick([1, 2, 3, 10, 10, 100, 100, 100]),
    emptyShare: random.pick([0, 0, 0.2]),
    busyShare: random.pick([0, 0, 0, 0.2, 0.6]),
    clockOffMs: random.pick([0, 0, 5_000, 120_000]),
    memoryStoreHours: isLong && !capped && random.chance(0.5) ? 3 : 26,
    payloadBytesMax: random.chance(0.1) ? random.between(leastBytes, 8_000) : lambdaPayloadBytesMax,
    // Twice an hour and more: the stream must not forget a shard while copies of its events may still come.
    retentionMs:
      isLong && days === 0 && random.chance(0.5) ? random.pick([9_000_000, 14_400_000]) : Number.POSITIVE_INFINITY,
    deletedAfterMs: random.pick([0, 0, 48 * 3_600_000]),
    readLagMs: random.pick([0, 5_000, 600_000]),
    sweepAtMs: random.below(300_000),
    sweepEveryMs: days === 0 ? 5 * 60_000 : 60 * 60_000,
    redriveAtMs: random.below(900_000),
    redriveEveryMs: days === 0 ? 15 * 60_000 : 60 * 60_000,
    switches: engineSwitches,
    storeSwitches,
  };
  // Where all lists are cut to a few entries, what is slow too would not be done within the function's time.
  return drawn.smallParts ? { ...drawn, slowMs: Math.min(drawn.slowMs, 1_000) } : drawn;
}

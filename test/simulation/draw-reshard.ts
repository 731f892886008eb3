import { drawEvent } from "./draw-puts.ts";
import { type Drawing, drawDelay } from "./drawing.ts";
import type { CallFault, PlannedEvent, Step } from "./plan.ts";
import type { Random } from "./random.ts";

/** A split or a merge; or a batch that was given up comes again, while a part of a later shard is about to be opened. */
export function drawReshard(world: Drawing): Step[] {
  const { random } = world;
  const afterMs = drawDelay(world);
  if (world.surroundings.retries >= 0 && random.chance(0.5)) return drawSealing(world);
  if (random.chance(0.4)) return drawReshards(random);
  const stall: CallFault = {
    call: "ledger.moveHead",
    nth: random.pick([0, 1, 1, 2]),
    what: "stalls",
    ms: random.pick([10_000, 40_000]),
  };
  const again: Step = { kind: "reinvoke", afterMs: random.below(15_000), which: random.next() };
  return random.chance(0.3) ? [again] : [{ kind: "faults", afterMs, faults: [stall], outlivesLimit: true }, again];
}

export const drawReshards = (random: Random): [Step] => [
  { kind: random.pick(["split", "merge"] as const), afterMs: random.below(60_000), shard: random.next() },
];

/**
 * A message that Lambda gave up on comes again in a child of its shard; and while the child's part has read what it sees of
 * its parent, and has not noted it, the batch that was given up is counted in the parent.
 */
function drawSealing(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const { pollMs, retries, windowSeconds } = surroundings;
  const person = random.below(3);
  const first = drawEvent(world, person);
  const put = (event: PlannedEvent, afterMs: number): Step => ({
    kind: "put",
    afterMs,
    person,
    form: "lines",
    events: [event],
    skewMs: 0,
  });
  const fails: Step = {
    kind: "faults",
    afterMs: 0,
    faults: [{ call: "ledger.moveHead", nth: 0, what: "dies before", ms: 0 }],
    outlivesLimit: false,
  };
  const readMs = 2 * pollMs + windowSeconds * 1_000 + 5_000;
  const stall: CallFault = { call: "ledger.moveHead", nth: 1, what: "stalls", ms: readMs + 60_000 };
  return [
    ...Array.from({ length: retries + 1 }, () => fails),
    put(first, drawDelay(world)),
    { kind: "split", afterMs: readMs + random.below(120_000), shard: 0, person },
    put(drawEvent(world, person), 0),
    { kind: "faults", afterMs: readMs, faults: [stall], outlivesLimit: true },
    put(first, 0),
    // The last one that was given up.
    { kind: "reinvoke", afterMs: readMs, which: 0.999 },
  ];
}

import { metricNames } from "./deployment.ts";
import { drawPuts } from "./draw-puts.ts";
import { type Drawing, drawDelay, drawName, pastLimitMs, readMsOf, stalls } from "./drawing.ts";
import type { CallFault, Step } from "./plan.ts";

/** Code that can fold a record writes rows of it and runs out of time, and what is deployed then cannot. */
export function drawUndecodable(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const name = drawName(random);
  const puts = drawPuts(world).map((step): Step => (step.kind === "put" ? { ...step, kills: name } : step));
  return [
    {
      kind: "faults",
      afterMs: drawDelay(world),
      faults: [stalls("store.write", random.below(2), pastLimitMs)],
      outlivesLimit: false,
    },
    ...puts,
    { kind: "deploy", afterMs: readMsOf(surroundings) + random.below(30_000), name, mixed: false },
    { kind: "lull", afterMs: 300_000 },
  ];
}

/**
 * A part that is taken over while its first writer sleeps, and wakes up in between; or one that is taken over twice, and of
 * the first time nothing but the promise is there.
 */
export function drawTakeOver(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const deploy = (afterMs: number): Step => ({ kind: "deploy", afterMs, name: random.pick(metricNames), mixed: false });
  const faults = (fault: CallFault, outlivesLimit: boolean): Step => ({
    kind: "faults",
    afterMs: 0,
    faults: [fault],
    outlivesLimit,
  });
  const readMs = readMsOf(surroundings) + random.below(20_000);
  const lull: Step = { kind: "lull", afterMs: 300_000 };
  if (random.chance(0.5)) {
    const first = faults(stalls("ledger.commit", 0, 250_000), true);
    return [first, faults(stalls("ledger.commit", 0, pastLimitMs), false), ...drawPuts(world), deploy(readMs), lull];
  }
  // Requests are sent side by side: one metric's rows are written, and another's are not.
  const first = faults(stalls("store.write", random.below(2), pastLimitMs), false);
  const second = faults(stalls("store.write", 0, pastLimitMs), false);
  return [first, second, ...drawPuts(world), deploy(readMs), deploy(190_000), lull];
}

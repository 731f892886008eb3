import { drawPuts } from "./draw-puts.ts";
import { type Drawing, drawDelay, pastLimitMs, readMsOf, stalls } from "./drawing.ts";
import type { CallFault, Step } from "./plan.ts";

/** A part is left open, and nobody can come back for it before the stream forgets its records. */
export function drawLoss(world: Drawing): Step[] {
  const { random, surroundings } = world;
  // Down from the start, or once a part may be open.
  const [service, afterMs] = random.pick([["store", 0] as const, ["ledger", surroundings.pollMs + 1_000] as const]);
  const forMs = surroundings.retentionMs + random.below(3_600_000);
  const outage: Step = { kind: "outage", afterMs, service, forMs, hangMs: 100_000 };
  const over: Step = { kind: "lull", afterMs: forMs };
  return random.chance(0.5) ? [outage, ...drawPuts(world), over] : [...drawPuts(world), outage, over];
}

/**
 * A part is given up, for the stream has forgotten its records and they are in no file, and its first writer, who was
 * thought dead, commits it just then.
 */
export function drawLateWriteOff(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const forMs = surroundings.retentionMs + 600_000;
  const sleepMs = forMs + 1_200_000;
  const stall = (fault: CallFault) => ({ faults: [fault], outlivesLimit: true });
  const readMs = readMsOf(surroundings) + 10_000;
  return [
    { kind: "faults", afterMs: drawDelay(world), ...stall(stalls("ledger.commit", 0, sleepMs)) },
    ...drawPuts(world),
    { kind: "outage", afterMs: readMs, service: "ledger", forMs, hangMs: 100_000 },
    { kind: "restart", afterMs: forMs - readMs, checkpoints: "kept", overlaps: false },
    // Longer than anybody may be at a promise.
    {
      kind: "recover",
      afterMs: readMs + random.between(200_000, 600_000),
      what: "write-off",
      ...stall(stalls("ledger.commit", 0, 1_800_000)),
    },
    { kind: "lull", afterMs: 1_800_000 },
  ];
}

/** A part is left open, nobody is let in to finish it, and on-call gives up what is lost: its records are all there. */
export function drawEarlyWriteOff(world: Drawing): Step[] {
  const { random, surroundings } = world;
  return [
    {
      kind: "faults",
      afterMs: drawDelay(world),
      faults: [stalls("store.write", 0, pastLimitMs)],
      outlivesLimit: false,
    },
    ...drawPuts(world),
    { kind: "throttle", afterMs: readMsOf(surroundings) + random.below(5_000), invocations: random.between(20, 60) },
    { kind: "recover", afterMs: random.between(190_000, 240_000), what: "write-off", faults: [], outlivesLimit: false },
  ];
}

/** Records that Lambda gives up on one after the other, while nobody takes what it gives up. */
export function drawGap(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const forMs = (surroundings.retries + 2) * 2 * surroundings.pollMs + random.between(60_000, 180_000);
  return [
    { kind: "outage", afterMs: drawDelay(world), service: "ledger", forMs, hangMs: 0 },
    { kind: "outage", afterMs: 0, service: "quarantine", forMs: 2 * forMs, hangMs: 0 },
    ...Array.from({ length: random.between(3, 8) }, () => drawPuts(world)).flat(),
    { kind: "lull", afterMs: forMs },
  ];
}

import { type DeploymentName, metricNames, settingNames } from "./deployment.ts";
import type { CallFault, CallName, PlannedEvent, Surroundings } from "./plan.ts";
import type { Random } from "./random.ts";

export interface DrawOptions {
  /** What AWS leaves open: as each table says by default, or anything. */
  readonly switches: "default" | "all";
}

export interface Drawing {
  readonly random: Random;
  readonly surroundings: Surroundings;
  /** Hours, instead of minutes. */
  readonly isLong: boolean;
  /** Shards split and merge, and what Lambda gave up on before comes again among their children's records. */
  readonly reshards: boolean;
  readonly people: number;
  /** Events with an id, to be sent again. */
  readonly events: { readonly person: number; readonly event: PlannedEvent }[];
  ids: number;
}

export function drawDelay({ random, isLong, surroundings }: Drawing): number {
  if (random.chance(0.4)) return 0;
  const { windowHours } = surroundings;
  if (windowHours > 1 && random.chance(0.3)) return random.below(windowHours * 900_000);
  if (random.chance(0.9)) return random.below(4_000);
  return isLong ? random.below(40 * 60_000) : random.below(60_000);
}

export const drawName = (random: Random): DeploymentName =>
  random.chance(0.75) ? random.pick(metricNames) : random.pick(settingNames);

/** After a put: when the mapping has read it. */
export const readMsOf = ({ pollMs, windowSeconds }: Surroundings): number => pollMs + windowSeconds * 1_000;

export const stalls = (call: CallName, nth: number, ms: number): CallFault => ({ call, nth, what: "stalls", ms });

/** Longer than the function may run: whatever is deployed meanwhile is what comes next. */
export const pastLimitMs = 400_000;

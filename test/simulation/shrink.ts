import type { Plan, Step } from "./plan.ts";
import { storeDefaults } from "./store-switches.ts";

/** Runs that shrinking may take. */
const runsMax = 1_500;
/** What chance does changes with the plan: each is tried with so many other outcomes of it. */
const chances = 3;

/** Makes a plan that fails smaller as long as it fails: steps, events, switches, waits. The smallest that was found. */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let smallest = plan;
  let runs = 0;
  const attempt = async (smaller: Plan): Promise<boolean> => {
    for (let chance = 0; chance <= chances && runs < runsMax; chance++) {
      const tried = chance === 0 ? smaller : { ...smaller, chance };
      runs++;
      if (!(await fails(tried))) continue;
      smallest = tried;
      return true;
    }
    return false;
  };
  for (let before = Number.POSITIVE_INFINITY; sizeOf(smallest) < before && runs < runsMax; ) {
    before = sizeOf(smallest);
    for (let length = smallest.steps.length; length >= 1; length >>= 1) {
      for (let from = 0; from < smallest.steps.length; ) {
        if (!(await attempt(withoutSteps(smallest, from, length)))) from += length;
      }
    }
    for (const simpler of simplifications) await attempt(simpler(smallest));
    for (const name of Object.keys(smallest.surroundings.switches)) await attempt(withoutSwitch(smallest, name));
    for (let place = 0; place < smallest.steps.length; place++) {
      for (const step of smallerSteps(smallest, place))
        await attempt({ ...smallest, steps: smallest.steps.with(place, step) });
    }
  }
  return smallest;
}

const sizeOf = ({ steps, surroundings }: Plan): number =>
  steps.reduce(
    (sum, step) => sum + 10 + (step.kind === "put" ? step.events.length : 0) + (step.afterMs === 0 ? 0 : 1),
    Object.keys(surroundings.switches).length,
  );

/** The time that they took passes all the same. */
function withoutSteps(plan: Plan, from: number, length: number): Plan {
  const passedMs = plan.steps.slice(from, from + length).reduce((sum, { afterMs }) => sum + afterMs, 0);
  const [next, ...rest] = plan.steps.slice(from + length);
  const following = next === undefined ? [] : [{ ...next, afterMs: next.afterMs + passedMs }, ...rest];
  return { ...plan, steps: [...plan.steps.slice(0, from), ...following] };
}

function withoutSwitch(plan: Plan, name: string): Plan {
  const rest = Object.entries(plan.surroundings.switches).filter(([other]) => other !== name);
  return { ...plan, surroundings: { ...plan.surroundings, switches: Object.fromEntries(rest) } };
}

const simplifications: readonly ((plan: Plan) => Plan)[] = [
  (plan) => ({ ...plan, surroundings: { ...plan.surroundings, switches: {} } }),
  (plan) => ({ ...plan, surroundings: { ...plan.surroundings, storeSwitches: storeDefaults } }),
  (plan) => ({ ...plan, surroundings: { ...plan.surroundings, slowShare: 0 } }),
  (plan) => ({ ...plan, surroundings: { ...plan.surroundings, shards: 1 } }),
  (plan) => ({ ...plan, surroundings: { ...plan.surroundings, windowSeconds: 0 } }),
  (plan) => ({ ...plan, surroundings: { ...plan.surroundings, groupsPerBucket: 1_000 } }),
  (plan) => ({ ...plan, last: "first" }),
  (plan) => ({ ...plan, later: [] }),
];

function* smallerSteps({ steps }: Plan, place: number): Generator<Step> {
  const step = steps[place];
  if (step === undefined) return;
  if (step.afterMs > 0) yield { ...step, afterMs: 0 };
  if (step.kind === "put") {
    for (let n = 0; n < step.events.length && step.events.length > 1; n++) {
      yield { ...step, events: step.events.toSpliced(n, 1) };
    }
    if (step.skewMs !== 0) yield { ...step, skewMs: 0 };
  }
  if (step.kind === "faults" && step.faults.length > 1) {
    for (let n = 0; n < step.faults.length; n++) yield { ...step, faults: step.faults.toSpliced(n, 1) };
  }
}

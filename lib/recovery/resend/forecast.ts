import type { Definitions } from "../../config/definitions.ts";
import type { PrivacyRules } from "../../config/settings.ts";
import type { TrackingPlan } from "../../config/tracking-plan/tracking-plan.ts";
import { type Problem, problem } from "../../problem.ts";
import { EventJudge } from "../../roll-up/fold/event-judge.ts";
import { bucketMsOf } from "../../roll-up/fold/part-fold.ts";
import { readEvent } from "../../stream/event/event.ts";
import type { Fields } from "../../stream/event/fields.ts";
import type { Violation } from "../../stream/event/refused.ts";

export interface ForecastRules {
  readonly definitions: Definitions;
  readonly plan: TrackingPlan | undefined;
  /** What the collector hides of an event after the plan has seen it. */
  readonly privacy: PrivacyRules;
  /** How old a minute may be that the store still takes, in milliseconds. */
  readonly storeReachMs: number;
}

/** Says what would become of events that are sent now, without a look at what was counted before. */
export class Forecast {
  readonly #rules: ForecastRules;
  readonly #judge: EventJudge;

  constructor(rules: ForecastRules) {
    this.#rules = rules;
    this.#judge = new EventJudge(rules.definitions);
  }

  /**
   * Why each of the events would be refused again; undefined where it would count. `details` says why each was refused
   * before: what the plan has against a value that was hidden since is of account only where it had it then.
   */
  of(events: readonly Fields[], details: readonly string[], nowMs: number): (Problem | undefined)[] {
    const { plan, privacy } = this.#rules;
    const violations = plan?.mode === "enforce" ? plan.checkAll(events) : [];
    return events.map((event, place) => {
      const detail = details[place] ?? "";
      const stands = (one: Violation): boolean => !mayBeHidden(one, privacy) || detail.includes(`${one.path}: `);
      return planProblem((violations[place] ?? []).filter(stands)) ?? this.#ofOne(event, nowMs);
    });
  }

  #ofOne(fields: Fields, nowMs: number): Problem | undefined {
    const event = readEvent(JSON.stringify(fields), nowMs);
    if ("reason" in event) return event;
    const unfit = this.#judge.judge(event, nowMs);
    if (unfit !== undefined) return unfit;
    // An event that no metric looks at leaves no row to refuse.
    const oldMs = this.#judge.selected.length === 0 ? 0 : nowMs - bucketMsOf(event.timestampMs);
    if (oldMs <= this.#rules.storeReachMs) return undefined;
    const hours = (ms: number): number => Math.floor(ms / 3_600_000);
    return problem(
      "late",
      `expected a minute of the last ${hours(this.#rules.storeReachMs)} h, which the store still takes, got one ${hours(oldMs)} h old`,
    );
  }
}

function planProblem(violations: readonly Violation[]): Problem | undefined {
  if (violations.length === 0) return undefined;
  return problem(
    "plan",
    violations.map(({ path, rule, expected }) => `${path}: expected ${expected} (${rule})`).join("; "),
  );
}

/** Keywords that fail at the object for what may lie below it. */
const ofBelow = ["anyOf", "oneOf", "if", "not"];

/** The names of a path. A path through a list may leave its indexes out: here all do. */
const namesOf = (path: string): string[] => path.split(".").filter((name) => !/^\d+$/.test(name));

/** Whether a path leads to another one or below it. */
const isWithin = (path: readonly string[], outer: readonly string[]): boolean =>
  outer.every((name, place) => path[place] === name);

/**
 * Whether a violation may come of the privacy rules alone: the plan was asked before they were applied, and what is in
 * quarantine has a hash, or nothing, where the value was.
 */
export function mayBeHidden({ path, rule }: Violation, { remove, hash }: PrivacyRules): boolean {
  const at = namesOf(path);
  return [...remove, ...hash].some((hidden) => {
    const names = namesOf(hidden);
    return isWithin(at, names) || (ofBelow.includes(rule) && isWithin(names, at));
  });
}

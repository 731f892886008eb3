import type { PrivacyRules } from "../../config/settings.ts";
import type { Violation } from "../../config/tracking-plan/tracking-plan.ts";

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

import { type Problem, problem, type Reason } from "../../problem.ts";
import type { Fields } from "./fields.ts";

/** Why the collector may refuse an event that it has taken in. */
export const refusedReasons = ["plan", "too-large", "invalid"] as const satisfies readonly Reason[];
export type RefusedReason = (typeof refusedReasons)[number];

export interface Refused {
  readonly reason: RefusedReason;
  /** At most so long that it can stand in an index of what is in quarantine. */
  readonly detail: string;
}

/** Violations that are said of one event. */
const observedMax = 10;

/** UTF-16 units of a detail. */
export const refusedDetailMax = 500;

/**
 * What the collector notes on an event in the field `millrace`, which is its own: senders cannot set it there. An event
 * that it refused, and which the roll-up puts into quarantine; or how one that is counted breaks the tracking plan.
 */
export interface CollectorNote {
  readonly refused?: Refused;
  /** Present where only what tells which event it was could be kept of it: as an event of its own it would be another. */
  readonly cut?: true;
  readonly violations?: readonly Violation[];
}

/** The problem that the collector found in an event; nothing where there is none, or no well-formed one. */
export function refusedOf({ millrace: note }: Fields): Problem | undefined {
  const refused = typeof note === "object" && note !== null ? (note as Fields).refused : undefined;
  if (typeof refused !== "object" || refused === null) return undefined;
  const { reason, detail } = refused as Fields;
  const known = refusedReasons.find((each) => each === reason);
  if (known === undefined || typeof detail !== "string") return undefined;
  return problem(known, detail.slice(0, refusedDetailMax).toWellFormed());
}

/** In words how an event that is counted breaks the tracking plan; nothing where it does not, or nobody looked. */
export function observedOf({ millrace: note }: Fields): string | undefined {
  const violations = typeof note === "object" && note !== null ? (note as Fields).violations : undefined;
  if (!Array.isArray(violations)) return undefined;
  const said = violations.slice(0, observedMax).flatMap((violation: unknown) => {
    const { path, rule, expected } = (violation ?? {}) as Fields;
    return [path, rule, expected].every((text) => typeof text === "string")
      ? [violationInWords({ path: String(path), rule: String(rule), expected: String(expected) })]
      : [];
  });
  return said.length === 0 ? undefined : said.join("; ").slice(0, refusedDetailMax).toWellFormed();
}

/** As it stands in quarantine, too. */
export const violationInWords = ({ path, rule, expected }: Violation): string =>
  `${path}: expected ${expected} (${rule})`;

/** Whether the collector has cut an event down. */
export const isCut = ({ millrace: note }: Fields): boolean =>
  typeof note === "object" && note !== null && (note as Fields).cut === true;

/** How an event breaks the plan. Says nothing of the event's values: they may be personal. */
export interface Violation {
  /** Dotted: "properties.items.0.price". A name that is not the plan's and may be a value shows as "*". */
  readonly path: string;
  /** The keyword of JSON Schema, such as "type"; "planned" for an unplanned event, "time" for a check that took too long. */
  readonly rule: string;
  /** In words: "number", "one of \"EUR\", \"USD\"". */
  readonly expected: string;
}

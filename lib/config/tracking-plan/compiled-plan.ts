import { type Fields, isFields } from "../../stream/event/fields.ts";
import { isRawNumber } from "../../stream/event/json.ts";
import type { Violation } from "../../stream/event/refused.ts";
import type { PlannedType } from "../planned-schema.ts";
import type { PlannedEvents } from "../shape.ts";
import { nestedAsPlanned, type PlannedNames } from "./planned-names.ts";
import { endsWithin } from "./time-limit.ts";
import { type TrackingPlan, violationsMax } from "./tracking-plan.ts";
import { type PlanWords, type SchemaError, violationOf } from "./violation-of.ts";

/** A compiled schema; what it found wrong stands in `errors` until it is called again. */
export interface Validate {
  (value: unknown): unknown;
  errors?: readonly SchemaError[] | null;
}

/** A schema of the plan, compiled by whatever way. */
export interface PlannedCheck {
  readonly section: "events" | "types";
  readonly name: string;
  readonly words: PlanWords;
  readonly plannedNames: PlannedNames;
  /** Whether no event can keep it busy: it runs without a time limit, which costs more than it does. */
  readonly isQuick: boolean;
  readonly validate: Validate;
}

export interface CheckLimits {
  /** Processor time that one event's check may take; an ordinary one takes some microseconds. */
  readonly checkMsMax: number;
  /** Of the checks of one call together, before the last of them. What is left then is too slow as well. */
  readonly checkAllMsMax: number;
}

const limitsDefault: CheckLimits = { checkMsMax: 250, checkAllMsMax: 1_000 };

const members: Readonly<Record<PlannedType | "track", string>> = {
  track: "properties",
  page: "properties",
  screen: "properties",
  identify: "traits",
  group: "traits",
};

const unplannedEvent: Violation = { path: "event", rule: "planned", expected: "an event of the tracking plan" };
const tooSlow: Violation = { path: "event", rule: "time", expected: "an event that can be checked in time" };
const tooDeep: Violation = { path: "event", rule: "depth", expected: "an event that is less deep" };

/** Finds the violations of an event; nothing to run where the plan has no schema for it. */
type Check = () => readonly Violation[];

/** The check of an event's kind. */
interface Finder {
  readonly isQuick: boolean;
  readonly find: (fields: Fields) => readonly Violation[];
}

/** A plan over its compiled schemas. */
export class CompiledPlan implements TrackingPlan {
  readonly mode: TrackingPlan["mode"];
  readonly #refusesUnplanned: boolean;
  readonly #limits: CheckLimits;
  readonly #events = new Map<string, Finder>();
  readonly #types = new Map<string, Finder>();

  constructor(
    plan: Pick<PlannedEvents, "mode" | "unplanned">,
    checks: readonly PlannedCheck[],
    limits: CheckLimits = limitsDefault,
  ) {
    this.mode = plan.mode;
    this.#limits = limits;
    this.#refusesUnplanned = plan.unplanned === "refuse";
    for (const check of checks) {
      const member = check.section === "events" ? members.track : members[check.name as PlannedType];
      const finder = { isQuick: check.isQuick, find: violationsOf(check, member) };
      (check.section === "events" ? this.#events : this.#types).set(check.name, finder);
    }
  }

  check(event: Fields): readonly Violation[] {
    return this.checkAll([event])[0] ?? [];
  }

  checkAll(events: readonly Fields[]): readonly (readonly Violation[])[] {
    const found: (readonly Violation[])[] = events.map((event) => this.#withoutSchema(event));
    const checks = events.flatMap((event, at) => {
      const finder = this.#finderOf(event);
      if (finder === undefined) return [];
      if (!finder.isQuick) return [{ at, run: () => finder.find(event) }];
      found[at] = finder.find(event);
      return [];
    });
    runAll(checks, this.#limits, (at, violations) => {
      found[at] = violations;
    });
    return found;
  }

  #finderOf({ type, event }: Fields): Finder | undefined {
    const [checks, name] = type === "track" ? [this.#events, event] : [this.#types, type];
    return typeof name === "string" ? checks.get(name) : undefined;
  }

  #withoutSchema({ type, event }: Fields): readonly Violation[] {
    if (!this.#refusesUnplanned || type !== "track") return [];
    return typeof event === "string" && this.#events.has(event) ? [] : [unplannedEvent];
  }
}

/** Processor time of this thread. By the clock, one that waits for a busy machine would look like one that hangs. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Many checks under one time limit, for it costs more than they do. One that hangs is cut off, and the rest go on. */
function runAll(
  checks: readonly { readonly at: number; readonly run: Check }[],
  { checkMsMax, checkAllMsMax }: CheckLimits,
  found: (at: number, violations: readonly Violation[]) => void,
): void {
  let next = 0;
  const run = (): void => {
    for (let check = checks[next]; check !== undefined; check = checks[next]) {
      found(check.at, check.run());
      next += 1;
    }
  };
  let allMs = 0;
  let ownMs = 0;
  while (next < checks.length) {
    if (allMs < checkAllMsMax) {
      const [begun, beforeMs] = [next, processorMs()];
      if (endsWithin(checkMsMax, run)) return;
      const usedMs = processorMs() - beforeMs;
      allMs += usedMs;
      // One further on has not had all of the time, nor one that the processor was taken from: it begins again.
      ownMs = next > begun ? 0 : ownMs + usedMs;
      if (ownMs < checkMsMax * 0.8) continue;
    }
    const check = checks[next];
    if (check !== undefined) found(check.at, [tooSlow]);
    next += 1;
    ownMs = 0;
  }
}

function violationsOf(
  { validate, words, plannedNames }: PlannedCheck,
  member: string,
): (fields: Fields) => readonly Violation[] {
  const placed = { below: { [member]: plannedNames } };
  return (fields) => {
    try {
      const nested = nestedAsPlanned(fields, placed) as Fields;
      // The spec lets a message leave them out.
      const value = nested[member] ?? {};
      if (!isFields(value)) return [{ path: member, rule: "type", expected: "object" }];
      if (validate(withDoubles(value)) === true) return [];
      return firstOf(validate.errors ?? [], member, words);
    } catch {
      // A schema that refers to itself goes as deep as the event: the stack ends first.
      return [tooDeep];
    } finally {
      validate.errors = null;
    }
  };
}

/** The value as a schema checks it: numbers that were kept as their text are doubles, here only. */
function withDoubles(value: Fields): unknown {
  const open: unknown[] = [value];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (isRawNumber(one)) return JSON.parse(JSON.stringify(value));
    for (const inner of Object.values(one as Fields)) if (typeof inner === "object" && inner !== null) open.push(inner);
  }
  return value;
}

/** Errors that are looked at: a long list can have one in each entry. */
const errorsMax = 200;

/** The first violations; branches of an anyOf that fail alike are one. */
function firstOf(errors: readonly SchemaError[], member: string, words: PlanWords): Violation[] {
  const found = new Map<string, Violation>();
  for (const error of errors.slice(0, errorsMax)) {
    const violation = violationOf(error, member, words);
    found.set(JSON.stringify(violation), violation);
    if (found.size === violationsMax) break;
  }
  return [...found.values()];
}

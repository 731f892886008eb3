import type { Plan, PlannedEvent, Step } from "./plan.ts";

/** A step in one line. */
export function shownStep(step: Step): string {
  const { kind, afterMs, ...rest } = step;
  const what =
    step.kind === "put"
      ? shownPut(step)
      : Object.entries(rest)
          .map(([name, value]) => `${name} ${shown(value)}`)
          .join(", ");
  return `${kind} ${what}`.trimEnd();
}

/** A plan in lines: what is unlike the usual, then step by step. */
export function shownPlan({ seed, surroundings, steps, later, last }: Plan): string[] {
  const { switches, storeSwitches, ...settings } = surroundings;
  return [
    `seed ${seed}, deployed in the end: ${last}`,
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
    `store: ${shown(storeSwitches)}`,
    `switches: ${shown(switches)}`,
    ...steps.map((step) => `after ${step.afterMs / 1_000} s: ${shownStep(step)}`),
    ...later.map((step) => `later, after ${step.afterMs / 1_000} s: ${shownStep(step)}`),
  ];
}

function shownPut({ person, form, events, skewMs, kills }: Extract<Step, { kind: "put" }>): string {
  const skew = skewMs === 0 ? "" : `, arrival ${skewMs} ms off`;
  const deadly =
    kills === undefined ? "" : `, which ends ${kills === "always" ? "every process" : `those of ${kills}`}`;
  return `of person ${person} as ${form}${skew}${deadly}: ${events.map(shownEvent).join("; ")}`;
}

function shownEvent({ id, source, kind, ageMs, price, shop, size, flaw }: PlannedEvent): string {
  const age = ageMs === undefined ? "no time" : `${ageMs / 1_000} s old`;
  return `${id === undefined ? "" : `${source ?? ""}#${id} `}${kind} ${price ?? "-"} ${shop}/${size} ${age}${flaw === undefined ? "" : ` broken ${flaw}`}`;
}

const shown = (value: unknown): string =>
  typeof value === "object" ? JSON.stringify(value).replaceAll('"', "") : String(value);

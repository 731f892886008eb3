import type { Definitions } from "../../config/definitions.ts";
import { aheadMsMax } from "../../limits.ts";
import { type Problem, problem, shown } from "../../problem.ts";
import type { Event } from "../../stream/event/event.ts";
import { judgedArrival, replayedOf } from "../../stream/event/replayed.ts";
import { type CompiledMetric, type MetricsOf, metricMatcher } from "./metric-matcher.ts";

/** Says which metrics an event counts in, by itself: whether it is a duplicate is another question. */
export class EventJudge {
  readonly #allowedLatenessMs: number;
  readonly #dedupeWindowMs: number;
  readonly #metricsOf: MetricsOf;
  /** The metrics that the event at hand counts in, and the number of each; kept only to make no new arrays. */
  readonly selected: CompiledMetric[] = [];
  readonly numbers: number[] = [];

  constructor(definitions: Definitions) {
    this.#allowedLatenessMs = definitions.allowedLatenessMs;
    this.#dedupeWindowMs = definitions.dedupeWindowMs;
    this.#metricsOf = metricMatcher(definitions);
  }

  /** Why the event is not fit to be counted; undefined where it is: `selected` and `numbers` are its own until the next. */
  judge(event: Event, arrivalMs: number): Problem | undefined {
    const judgedMs = event.isNoted ? this.#judgedArrival(event, arrivalMs) : arrivalMs;
    if (typeof judgedMs !== "number") return judgedMs;
    const untimely = this.#untimely(event, judgedMs);
    if (untimely !== undefined) return untimely;
    // All numbers are checked before anything is added: an event counts in all of its metrics or in none.
    const { selected, numbers } = this;
    selected.length = 0;
    for (const metric of this.#metricsOf(event)) {
      if (metric.matches !== undefined && !metric.matches(event)) continue;
      const value = metric.number?.(event.fields);
      const absent = value === undefined || value === null;
      if (metric.number !== undefined && absent) continue;
      const number = absent ? 0 : numberOf(value);
      if (Number.isNaN(number)) return notANumber(metric, value);
      numbers[selected.length] = number;
      selected.push(metric);
    }
    return undefined;
  }

  /** An event out of quarantine is judged by when it first came. */
  #judgedArrival({ fields }: Event, arrivalMs: number): number | Problem {
    const replayed = replayedOf(fields);
    return replayed === undefined ? arrivalMs : judgedArrival(replayed, arrivalMs, this.#dedupeWindowMs);
  }

  #untimely({ timestampMs }: Event, arrivalMs: number): Problem | undefined {
    const lateMs = arrivalMs - timestampMs;
    if (lateMs > this.#allowedLatenessMs) {
      const allowed = this.#allowedLatenessMs / 1_000;
      return problem("late", `expected an event of the last ${allowed} s, got one ${Math.floor(lateMs / 1_000)} s old`);
    }
    if (-lateMs > aheadMsMax) {
      return problem(
        "early",
        `expected an event at most ${aheadMsMax / 1_000} s ahead, got ${Math.floor(-lateMs / 1_000)} s`,
      );
    }
    return undefined;
  }
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Above it a double no longer holds cents, and one such number would drown all others. */
const magnitudeMax = 1e15;

/** A number, or the text of one; NaN for anything else. */
function numberOf(value: unknown): number {
  const number = typeof value === "string" && value.length <= 40 && decimal.test(value) ? Number(value) : value;
  return typeof number === "number" && Math.abs(number) <= magnitudeMax ? number : Number.NaN;
}

function notANumber({ definition: { measure } }: CompiledMetric, value: unknown): Problem {
  const path = measure.kind === "sum" ? measure.of : "";
  return problem("invalid", `${path}: expected a number of at most ${magnitudeMax} either way, got ${shown(value)}`);
}

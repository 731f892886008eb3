import { checkConfig } from "./config/check.ts";
import type { Config, Measure, Scalar, Selection } from "./config/shape.ts";
import type { EventType } from "./stream/event/event.ts";

export type {
  Config,
  Measure,
  Metric,
  PlannedEvents,
  Privacy,
  ReservedConcurrency,
  Scalar,
  Selection,
  Source,
} from "./config/shape.ts";
export type { EventType } from "./stream/event/event.ts";

const selection =
  (type: EventType) =>
  (names: string | readonly string[] = [], where: Readonly<Record<string, Scalar>> = {}): Selection => ({
    type,
    names: typeof names === "string" ? [names] : names,
    where,
  });

/** Events of type `track` with one of the names (none: all), whose properties at the dotted paths equal the values. */
export const track = selection("track");
/** Page views; the name is the page's. */
export const page = selection("page");
/** Screens of an app; the name is the screen's. */
export const screen = selection("screen");
/** `identify` messages whose values at the dotted paths equal the given ones. */
export const identify = (where: Readonly<Record<string, Scalar>> = {}): Selection => selection("identify")([], where);
/** `group` messages whose values at the dotted paths equal the given ones. */
export const group = (where: Readonly<Record<string, Scalar>> = {}): Selection => selection("group")([], where);

/** How many events. */
export const count = (): Measure => ({ kind: "count" });
/** The sum, smallest and largest of a number in the event; an event that has none there is left out of this metric. */
export const sum = (of: string): Measure => ({ kind: "sum", of });

/** Checks a configuration and gives it back. Throws ConfigError, which lists everything that is wrong with it. */
export function defineConfig<const C extends Config>(config: C): C {
  checkConfig(config);
  return config;
}

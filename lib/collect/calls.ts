import type { EventType } from "../stream/event/event.ts";

/** What the last segment of a path of the collector asks for. */
export type Call =
  | { readonly kind: "message"; readonly type: EventType }
  | { readonly kind: "batch" }
  | { readonly kind: "cloudevents" }
  | { readonly kind: "metrics" };

const message = (type: EventType): Call => ({ kind: "message", type });

/**
 * The calls of the Segment HTTP API (Segment documentation, "HTTP Tracking API"), by the names that servers use and by
 * the letters that analytics.js and the mobile SDKs use; `m` is where analytics.js sends figures about itself.
 */
const calls: Readonly<Record<string, Call>> = {
  track: message("track"),
  t: message("track"),
  page: message("page"),
  p: message("page"),
  screen: message("screen"),
  s: message("screen"),
  identify: message("identify"),
  i: message("identify"),
  group: message("group"),
  g: message("group"),
  alias: message("alias"),
  a: message("alias"),
  batch: { kind: "batch" },
  b: { kind: "batch" },
  import: { kind: "batch" },
  m: { kind: "metrics" },
  cloudevents: { kind: "cloudevents" },
};

/** The call of a name; nothing where there is none. */
export const callOf = (name: string): Call | undefined => (Object.hasOwn(calls, name) ? calls[name] : undefined);

export const callNames: readonly string[] = Object.keys(calls);

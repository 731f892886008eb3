import type { ShardsAnswer } from "../shards.ts";
import type { Lag } from "./lag.ts";
import type { LiveAnswer } from "./live-events.ts";

/** What can be asked of the one function that reads the stream for all who look, and what it answers. */
export interface Looks {
  readonly live: LiveAnswer;
  readonly shards: ShardsAnswer;
  readonly lag: Lag;
}

export type Look =
  /** Events as they come; `query` as GET /v1/live has it. */
  | { readonly look: "live"; readonly query: string }
  | { readonly look: "shards" }
  /** By schedule: how far the roll-up is behind is published. */
  | { readonly look: "lag" };

/** `unavailable` where a service that it needs is down: the same question may be answered later. */
export type LookAnswer = { readonly answer: Looks[Look["look"]] } | { readonly unavailable: string };

import type { PlannedEvent } from "./plan.ts";

/** An event that is in the stream, as an oracle needs to know it. */
export interface SentEvent extends PlannedEvent {
  /** Of its message id; events of one name are the same event. Copies that came too far apart have two names. */
  readonly name: string | undefined;
  readonly timestampMs: number;
}

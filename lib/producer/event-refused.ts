/** Why `send` refused an event. The first two are the event's fault, the others pass. */
export type Refusal = "not-json" | "too-large" | "buffer-full" | "closed";

/** An event that `send` did not accept. */
export class EventRefused extends Error {
  readonly code: Refusal;
  readonly reason: string;

  constructor(code: Refusal, reason: string, options?: ErrorOptions) {
    super(`event refused: ${reason}`, options);
    this.name = "EventRefused";
    this.code = code;
    this.reason = reason;
  }
}

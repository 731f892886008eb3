/** An event that cannot be sent at all, whatever the stream says: it is the caller's to mend or to drop. */
export class EventRefused extends Error {
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`event refused: ${reason}`, options);
    this.name = "EventRefused";
    this.reason = reason;
  }
}

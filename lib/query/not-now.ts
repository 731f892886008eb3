/** A question that can be answered later: 429 where too many ask at once, 503 where a service is down. */
export class NotNow extends Error {
  override readonly name = "NotNow";
  readonly status: 429 | 503;
  /** Seconds after which to ask again. */
  readonly retryAfterSeconds: number;

  constructor(status: 429 | 503, retryAfterSeconds: number, message: string) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

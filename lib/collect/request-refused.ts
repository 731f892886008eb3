/** Why a request as a whole is not taken: the name of the counter, and the status that says so. */
export const refusals = {
  UnknownPath: 404,
  Unparsable: 400,
  Unauthorized: 401,
  KeyUnsettled: 429,
  OriginForbidden: 403,
  TooLarge: 413,
  CompressionDestroyed: 415,
  StreamThrottled: 429,
  StreamUnavailable: 503,
  KeysUnavailable: 503,
} as const;

export type Refusal = keyof typeof refusals;

/** A request of which nothing is acknowledged. The message goes to the client, and holds nothing of what it sent. */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
  }
}

export interface ApiFailureOptions extends ErrorOptions {
  /** Too many ask at once: the question may be asked again so much later. Milliseconds. */
  readonly busyMs?: number;
}

/** The API did not answer a question: why, in words for the reader. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  /** Whether an answer came at all. */
  readonly answered: boolean;

  readonly busyMs: number | undefined;

  constructor(answered: boolean, message: string, options?: ApiFailureOptions) {
    super(message, options);
    this.answered = answered;
    this.busyMs = options?.busyMs;
  }
}

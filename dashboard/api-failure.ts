/** The API did not answer a question: why, in words for the reader. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  /** Whether an answer came at all. */
  readonly answered: boolean;

  constructor(answered: boolean, message: string, options?: ErrorOptions) {
    super(message, options);
    this.answered = answered;
  }
}

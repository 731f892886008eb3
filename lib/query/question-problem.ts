/** A question that cannot be answered: which field of it, why, and the HTTP status that says so. */
export class QuestionProblem extends Error {
  override readonly name = "QuestionProblem";
  readonly status: 400 | 404 | 413;
  /** The field of the question: "from", "by", "metric". */
  readonly field: string;

  constructor(status: 400 | 404 | 413, field: string, detail: string) {
    super(`${field}: ${detail}`);
    this.status = status;
    this.field = field;
  }
}

/** The problem of a field that may be one of some values. */
export function notOneOf(field: string, known: readonly string[], received: string): QuestionProblem {
  return new QuestionProblem(
    400,
    field,
    `expected one of ${known.join(", ")}, got ${JSON.stringify(received.slice(0, 80))}`,
  );
}

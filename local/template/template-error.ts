/** Something in a template cannot be evaluated or run; `place` is the path to it, such as `Topic.Properties.Name`. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  readonly place: string;

  constructor(place: string, problem: string, options?: ErrorOptions) {
    super(`${place}: ${problem}`, options);
    this.place = place;
  }
}

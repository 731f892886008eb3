import type { LambdaFunctions, Outcome } from "../../invoke.ts";
import type { Batch } from "../../stream/batch.ts";
import { eventOf } from "./kinesis-event.ts";
import type { Preview } from "./preview.ts";
import type { RollUpFunction } from "./roll-up-function.ts";

/** Folding needs a second or two, a cold start included; what is not done by then is not going to be. */
const previewMsMax = 30_000;

/** The roll-up by the Invoke API. */
export class LambdaRollUp implements RollUpFunction {
  readonly #functions: LambdaFunctions;
  readonly #name: string;

  constructor(functions: LambdaFunctions, name: string) {
    this.#functions = functions;
    this.#name = name;
  }

  run(batch: Batch): Promise<Outcome<unknown>> {
    return this.#functions.invoke(this.#name, eventOf(batch));
  }

  async preview(batch: Batch, takenFromMs?: number): Promise<Outcome<Preview>> {
    const event = { preview: true, ...(takenFromMs === undefined ? {} : { takenFromMs }), ...eventOf(batch) };
    const outcome = await this.#functions.invoke(this.#name, event, previewMsMax);
    return outcome.kind === "done" ? { kind: "done", answer: outcome.answer as Preview } : outcome;
  }
}

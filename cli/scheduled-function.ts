import { LambdaFunctions } from "../lib/redelivery/lambda.ts";
import { said } from "../lib/redelivery/roll-up-function.ts";

/**
 * Runs a scheduled function now and waits for its report: it has the rights, the settings and the code that would run at
 * night. It may take its 15 minutes.
 */
export async function runNow<Report>(name: string, event: { readonly dryRun: boolean }): Promise<Report> {
  const outcome = await LambdaFunctions.connect().invoke(name, event);
  if (outcome.kind !== "done") throw new Error(`Expected a report of ${name}, got ${said(outcome)}`);
  return outcome.answer as Report;
}

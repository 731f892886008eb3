import { parseArgs } from "node:util";
import { LambdaFunctions } from "../lib/invoke.ts";
import { said } from "../lib/recovery/isolate/roll-up-function.ts";
import { chooseEndpoint, endpointOptions } from "./endpoint.ts";
import { checkFormat, formatOption, printReport } from "./format.ts";

/**
 * Runs a scheduled function now, prints its report and gives it back: it has the rights, the settings and the code that
 * would run at night. It may take its 15 minutes. `switches` are options without a value, by the field of its event that
 * each sets.
 */
export async function runNow<Report>(
  name: string,
  parameters: readonly string[],
  text: (report: Report) => string,
  switches: Readonly<Record<string, string>> = {},
): Promise<Report> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      ...endpointOptions,
      "dry-run": { type: "boolean", default: false },
      ...formatOption,
      ...Object.fromEntries(Object.values(switches).map((option) => [option, { type: "boolean" as const }])),
    },
  });
  checkFormat(values.format);
  const given: Readonly<Record<string, unknown>> = values;
  const set = Object.fromEntries(Object.entries(switches).map(([field, option]) => [field, given[option] === true]));
  chooseEndpoint(values);
  const report = await reportOf<Report>(name, { dryRun: values["dry-run"], ...set });
  printReport(values.format, report, text);
  return report;
}

/** Invokes a scheduled function and waits for its report. */
export async function reportOf<Report>(name: string, event: unknown): Promise<Report> {
  const outcome = await LambdaFunctions.connect().invoke(name, event);
  if (outcome.kind !== "done") throw new Error(`Expected a report of ${name}, got ${said(outcome)}`);
  return outcome.answer as Report;
}

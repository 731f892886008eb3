import { UsageError } from "./usage-error.ts";

/** How a command says what it found: for a person, or for a program. */
export const formatOption = { format: { type: "string", default: "table" } } as const;

/** Writes a report to standard output. Throws a UsageError for a format that there is none of. */
export function printReport<Report>(format: string, report: Report, text: (report: Report) => string): void {
  checkFormat(format);
  process.stdout.write(format === "json" ? `${JSON.stringify(report, null, 2)}\n` : text(report));
}

/** To be asked before anything is done. */
export function checkFormat(format: string): void {
  if (format !== "table" && format !== "json") throw new UsageError(`Expected --format table|json, got ${format}`);
}

import { parseArgs } from "node:util";
import type { AuditReport } from "../../lib/audit/audit.ts";
import type { Finding } from "../../lib/audit/finding.ts";
import { type AuditEvent, readAuditEvent } from "../../lib/audit/range.ts";
import { names } from "../../lib/names.ts";
import { chooseEndpoint, endpointOptions } from "../endpoint.ts";
import { checkFormat, formatOption, printReport } from "../format.ts";
import { valuesOfOptions } from "../option-values.ts";
import { reportOf } from "../scheduled-function.ts";

export const auditUsage = `millrace audit [--from -75m] [--to -15m] [--rows none|sample|all] [--format table|json] [--aws]
  Checks what was counted: the ledger in itself, and against the stream, the stored rows and the batches that Lambda gave
  up on. Each question about rows is billed by Timestream. --from: at most 14 days ago.`;

const options = {
  ...endpointOptions,
  from: { type: "string" },
  to: { type: "string" },
  rows: { type: "string", default: "sample" },
  ...formatOption,
} as const;

/** `millrace audit`. Exit code 1 where something is wrong, or not all was looked at. */
export async function runAudit(parameters: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: valuesOfOptions(parameters), options });
  const { from, to } = values;
  const asked: AuditEvent = {
    rows: values.rows,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  // Read here too: what is wrong with it is said at once, and of this clock.
  const { fromMs, toMs, rows } = readAuditEvent(asked, Date.now());
  checkFormat(values.format);
  chooseEndpoint(values);
  const event: AuditEvent = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), rows };
  const report = await reportOf<AuditReport>(names.audit, event);
  printReport(values.format, report, auditText);
  if (findingsOf(report) > 0 || !report.complete) process.exitCode = 1;
}

const findingsOf = ({ counts }: AuditReport): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** The report for a person. */
export function auditText(report: AuditReport): string {
  const all = findingsOf(report);
  const { findings, complete, notes } = report;
  const nothing = complete ? "nothing wrong" : "nothing wrong in what was looked at";
  const lines = [all === 0 ? nothing : `${all} ${all === 1 ? "finding" : "findings"}`];
  for (const finding of findings) lines.push("", ...blockOf(finding));
  if (findings.length < all) lines.push("", `and ${all - findings.length} more: ${byKind(report)}`);
  lines.push("", ...sumsOf(report));
  if (!complete) lines.push("not complete:");
  for (const note of notes) lines.push(complete ? note : `  ${note}`);
  return `${lines.join("\n")}\n`;
}

function blockOf({ kind, where, parts, sequences, minutes, amount, unit, detail, command }: Finding): string[] {
  const about = [
    where,
    ...(parts.length === 0 ? [] : [`${parts.length === 1 ? "part" : "parts"} ${parts.join(" and ")}`]),
    ...(sequences === undefined ? [] : [`records ${sequences.join(" to ")}`]),
    ...(minutes === undefined ? [] : [`minutes ${minutes.join(" to ")}`]),
  ];
  return [`${kind}: ${amount} ${unit}`, `  ${about.join(", ")}`, `  ${detail}`, `  ${command}`];
}

const byKind = ({ counts }: AuditReport): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(", ");

function sumsOf(report: AuditReport): string[] {
  const { from, to, shards, parts, partsCompared, incoming, records, events } = report;
  const { counted, duplicate, quarantined, late } = report;
  return [
    `${from} to ${to}: ${shards} shards, ${parts} parts, ${partsCompared} of them compared with their rows`,
    `${records} records in these parts, ${incoming} in the stream`,
    `${events} events: ${counted} counted, ${duplicate} duplicate, ${quarantined} quarantined, ${late} late`,
  ];
}

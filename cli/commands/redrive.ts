import { names } from "../../lib/names.ts";
import type { Preview } from "../../lib/recovery/isolate/preview.ts";
import type { RedriveReport } from "../../lib/recovery/redrive/report.ts";
import { runNow } from "../scheduled-function.ts";
import { textTable } from "../table.ts";
import { tallyText } from "../tally-text.ts";

export const redriveUsage = `millrace redrive [--dry-run] [--accept-late] [--format table|json] [--aws]
  Runs the batches that Lambda gave up on once more, as the scheduled redrive does. --dry-run: says how many events they
  hold, of which minutes and metrics, and changes nothing. --accept-late: counts what can be counted of batches that the
  store takes no more, for their age, and puts the rest into quarantine.`;

/** `millrace redrive`. Exit code 1 where a batch was left. */
export async function runRedrive(parameters: readonly string[]): Promise<void> {
  const report = await runNow<RedriveReport>(names.redrive, parameters, redriveText, { acceptLate: "accept-late" });
  if (report.leftCount > 0) process.exitCode = 1;
}

/** The report for a person. */
export function redriveText(report: RedriveReport): string {
  const { dryRun, redriven, settled, writtenOff, records, tally, left, leftCount, skipped, preview, notLooked } =
    report;
  const lines = [
    `${redriven} batches, ${records} records ${dryRun ? "to count" : "counted"}; ${settled - writtenOff} batches were counted before`,
  ];
  if (tally.events > 0) lines.push(tallyText(tally));
  if (writtenOff > 0) lines.push(`${writtenOff} batches have records of parts that were written off: taken away`);
  for (const { shardId, sequenceNumber } of skipped) {
    lines.push(`A record that ends the process ${dryRun ? "would be" : "is"} skipped: ${shardId} ${sequenceNumber}`);
  }
  if (leftCount > 0) lines.push(`${leftCount} batches ${dryRun ? "would stay" : "stayed"} where they are:`);
  for (const { key, why, detail } of left) lines.push(`  ${key}: ${why}: ${detail}`);
  if (leftCount > left.length) lines.push(`  and ${leftCount - left.length} more`);
  if (notLooked > 0) lines.push(`${notLooked} batches were not looked at: run it again`);
  return `${lines.join("\n")}\n${preview === undefined ? "" : previewText(preview)}`;
}

function previewText({ events, counted, quarantined, late, firstBucketMs, lastBucketMs, metrics }: Preview): string {
  const minute = (ms: number | undefined): string => (ms === undefined ? "none" : new Date(ms).toISOString());
  const told = `${events} events: ${counted} to count at most, ${quarantined} for quarantine, ${late} late`;
  const minutes = `Minutes ${minute(firstBucketMs)} to ${minute(lastBucketMs)}`;
  return `${told}\n${minutes}\n${textTable([["metric", "events"], ...Object.entries(metrics)])}`;
}

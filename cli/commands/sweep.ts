import { names } from "../../lib/names.ts";
import type { SweepReport } from "../../lib/sweep/sweep.ts";
import { runNow } from "../scheduled-function.ts";
import { textTable } from "../table.ts";

export const sweepUsage = `millrace sweep [--dry-run] [--write-off] [--format table|json] [--aws]
  Keeps the promises that nobody came back for, as the scheduled sweep does. --dry-run: says which, and changes nothing.
  --write-off: closes those whose records are gone from stream and bucket, so that nobody is told of them any more.`;

/** `millrace sweep`. Exit code 1 where something is lost or could not be kept. */
export async function runSweep(parameters: readonly string[]): Promise<void> {
  const report = await runNow<SweepReport>(names.sweep, parameters, sweepText, { writeOff: "write-off" });
  if (report.lost.some(({ writtenOff }) => !writtenOff) || report.notKept.length > 0) process.exitCode = 1;
}

/** The report for a person. */
export function sweepText(report: SweepReport): string {
  const { dryRun, shards, open, kept, lost, notKept, skipped, left } = report;
  const lines = [
    `${shards} ${shards === 1 ? "shard" : "shards"}, ${open} open promises: ${kept.length} ${dryRun ? "can be " : ""}kept, ${lost.length} lost`,
  ];
  if (notKept.length > 0) lines.push(`${notKept.length} could not be kept:`);
  for (const { shardId, part, why } of notKept) lines.push(`  ${shardId} ${part}: ${why}`);
  for (const { shardId, sequenceNumber } of skipped)
    lines.push(`Skipped a record that ends the process: ${shardId} ${sequenceNumber}`);
  if (left > 0) lines.push(`No time for ${left}: run it again`);
  const table = lost.map((one) => [
    one.shardId,
    `${one.firstSequence}-${one.lastSequence}`,
    `${one.firstMinute}-${one.lastMinute}`,
    one.metrics.join(" "),
    one.events,
  ]);
  const written = lost.filter(({ writtenOff }) => writtenOff).length;
  if (written > 0) lines.push(`${written} written off`);
  const head = ["lost in", "records", "minutes", "metrics", "events"];
  return `${lines.join("\n")}\n${lost.length === 0 ? "" : textTable([head, ...table])}`;
}

import { names } from "../../lib/names.ts";
import type { SweepReport } from "../../lib/recovery/sweep.ts";
import { runNow } from "../scheduled-function.ts";
import { textTable } from "../table.ts";

export const sweepUsage = `millrace sweep [--dry-run] [--write-off] [--accept-late] [--format table|json] [--aws]
  Keeps the promises that nobody came back for, as the scheduled sweep does. --dry-run: says which, and changes nothing.
  --write-off: closes those whose records are gone from stream and bucket, so that nobody is told of them any more.
  --accept-late: keeps those that the store takes no more, for their age: their events go to quarantine.`;

/** `millrace sweep`. Exit code 1 where something is lost or could not be kept. */
export async function runSweep(parameters: readonly string[]): Promise<void> {
  const report = await runNow<SweepReport>(names.sweep, parameters, sweepText, {
    writeOff: "write-off",
    acceptLate: "accept-late",
  });
  const isWaiting = report.notKeptCount + report.outOfReachCount > 0;
  if (report.lost.some(({ writtenOff }) => !writtenOff) || isWaiting) process.exitCode = 1;
}

/** The report for a person. */
export function sweepText(report: SweepReport): string {
  const { dryRun, shards, open, keptCount, lost, lostCount, notKept, notKeptCount, skipped, left } = report;
  const { outOfReach, outOfReachCount } = report;
  const lines = [
    `${shards} ${shards === 1 ? "shard" : "shards"}, ${open} open promises: ${keptCount} ${dryRun ? "can be " : ""}kept, ${lostCount} lost`,
  ];
  const list = (title: string, all: typeof notKept, count: number): void => {
    if (count === 0) return;
    lines.push(`${count} ${title}:`, ...all.map(({ shardId, part, why }) => `  ${shardId} ${part}: ${why}`));
    if (count > all.length) lines.push(`  and ${count - all.length} more`);
  };
  list("could not be kept", notKept, notKeptCount);
  list("are taken by the store no more", outOfReach, outOfReachCount);
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
  if (written > 0) lines.push(`${written === lost.length ? lostCount : written} written off`);
  if (lostCount > lost.length) lines.push(`The first ${lost.length} of ${lostCount} that are lost:`);
  const head = ["lost in", "records", "minutes", "metrics", "events"];
  return `${lines.join("\n")}\n${lost.length === 0 ? "" : textTable([head, ...table])}`;
}

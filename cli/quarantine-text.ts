import type { Counts, ListedEntry, QuarantineAnswer } from "../lib/query/quarantine/answer.ts";
import type { ShownEntry } from "../lib/query/quarantine/show.ts";
import type { Outcome, ReplayReport } from "../lib/recovery/resend/report.ts";
import { textTable } from "./table.ts";
import { terminalLine as line } from "./terminal-line.ts";

/** Characters of a reason's detail in a table; `show` and `--format json` have all of it. */
const detailMax = 60;
const unsettledMark = "*";

/** What is in quarantine, for a person. */
export function listText(answer: QuarantineAnswer): string {
  const { events, byReason, byEvent, bySource, entries, complete, next, from, to } = answer;
  const lines = [`${events}${complete ? "" : " or more"} events from ${from} to ${to}\n`];
  for (const [name, counts] of [
    ["reason", byReason],
    ["event", byEvent],
    ["source", bySource],
  ] as const) {
    if (counts.length > 0) lines.push(countsText(name, counts));
  }
  if (entries.length > 0) lines.push(entriesText(entries));
  if (entries.some(({ settled }) => !settled)) {
    lines.push(`${unsettledMark} Its part is not committed: what becomes of it is not settled.\n`);
  }
  if (next !== undefined) lines.push(`There is more: --next ${next}\n`);
  return lines.join("\n");
}

const countsText = (name: string, counts: Counts): string =>
  textTable([[name, "events"], ...counts.map(({ value, events }) => [line(value ?? "(none)"), events])]);

const entriesText = (entries: readonly ListedEntry[]): string =>
  textTable([
    ["arrival", "reason", "event", "source", "detail", "id"],
    ...entries.map(({ arrival, reason, event, source, detail, id, settled }) => [
      arrival,
      `${reason}${settled ? "" : unsettledMark}`,
      line(event ?? ""),
      line(source ?? ""),
      detail.length > detailMax ? `${line(detail.slice(0, detailMax - 1))}…` : line(detail),
      id,
    ]),
  ]);

/** Where an entry is in the stream, and why it is in quarantine. */
export function placeText(entry: ShownEntry): string {
  const { reason, detail, shardId, sequenceNumber, index, arrival, part, settled, text } = entry;
  const event = index === null ? "the record as a whole" : `event ${index} of the record`;
  const lines = [
    `${reason}: ${line(detail)}`,
    `${shardId}, record ${sequenceNumber}, ${event}, arrived ${arrival}`,
    `part ${part}${settled ? "" : ", not committed: what becomes of it is not settled"}`,
    text === null ? "The record as it was stored:" : "The event as it was sent:",
  ];
  return `${lines.join("\n")}\n`;
}

const words: Readonly<Record<Outcome, (dryRun: boolean) => string>> = {
  sent: (dryRun) => (dryRun ? "would be sent" : "sent"),
  replayed: () => "replayed before",
  counted: () => "counted before, under the same message id",
  refused: (dryRun) => `${dryRun ? "would be " : ""}refused again: not sent`,
  unreadable: () => "no JSON object: nothing to send",
  unsettled: () => "in a part that is not committed: later",
  "in-doubt": () => "in doubt",
};

/** What became of a replay, for a person. */
export function replayText({
  dryRun,
  events,
  outcomes,
  refusals,
  otherRefusals,
  preview,
  doubts,
  complete,
}: ReplayReport): string {
  const lines = [`${events} events of quarantine`];
  for (const [outcome, count] of Object.entries(outcomes)) {
    if (count > 0) lines.push(`  ${count} ${words[outcome as Outcome](dryRun)}`);
  }
  for (const why of doubts) lines.push(`In doubt: ${why}. Run it again later: nothing is counted twice`);
  for (const { reason, detail, events: count, entry } of refusals) {
    lines.push(`Refused: ${count} ${reason}: ${line(detail)} (such as ${entry})`);
  }
  if (otherRefusals > 0) lines.push(`Refused for other reasons: ${otherRefusals}`);
  if (!complete) lines.push("Not all were looked at: run it again, or raise --limit");
  if (preview.counted === 0) return `${lines.join("\n")}\n`;
  const minute = (ms: number | undefined): string => (ms === undefined ? "none" : new Date(ms).toISOString());
  lines.push(`Minutes ${minute(preview.firstBucketMs)} to ${minute(preview.lastBucketMs)}`);
  return `${lines.join("\n")}\n${textTable([["metric", "events"], ...Object.entries(preview.metrics)])}`;
}

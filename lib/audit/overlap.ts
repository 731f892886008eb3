import type { CommittedPart, OpenPart } from "../store/ledger/ledger.ts";
import { compareSequence } from "../stream/sequence.ts";
import { type AuditRun, minutesOf } from "./audit-run.ts";

type Part = OpenPart | CommittedPart;

/** Says that two parts of a shard hold the same records. */
export function addOverlap(run: AuditRun, shardId: string, a: Part, b: Part): void {
  const first = compareSequence(a.firstSequence, b.firstSequence) > 0 ? a.firstSequence : b.firstSequence;
  const last = compareSequence(a.lastSequence, b.lastSequence) < 0 ? a.lastSequence : b.lastSequence;
  run.findings.add({
    kind: "overlap",
    where: shardId,
    parts: [a.id, b.id],
    sequences: [first, last],
    minutes: minutesOf(
      Math.max(a.firstArrivalMs, b.firstArrivalMs),
      Math.max(Math.min(a.lastArrivalMs, b.lastArrivalMs), a.firstArrivalMs, b.firstArrivalMs),
    ),
    amount: Math.min(a.records, b.records),
    unit: "records",
    detail: `Expected every record in one part, got ${state(a)} part that overlaps ${state(b)} one: up to so many count twice`,
    command: run.command("audit --rows all"),
  });
}

const state = (part: Part): string => ("committedMs" in part ? "a committed" : "an open");

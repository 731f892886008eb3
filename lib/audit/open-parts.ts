import type { CommittedPart, OpenPart } from "../store/ledger/ledger.ts";
import { overlaps, type Range } from "../stream/range.ts";
import { compareSequence, shardKey } from "../stream/sequence.ts";
import { type AuditRun, aboutPart, isoOf, minutesOf } from "./audit-run.ts";
import type { Finding } from "./finding.ts";

/** The sweep has come by at least twice by then, and the roll-up with every batch. */
export const overdueAfterMs = 30 * 60_000;

/** Looks at the promises of a shard: whether they lie over other parts, and whether nobody can keep them. */
export async function checkOpenParts(run: AuditRun, shardId: string, open: readonly OpenPart[]): Promise<void> {
  for (const [place, part] of open.entries()) {
    const committed = await committedOver(run, shardId, part);
    const others = [...committed.filter(({ id }) => id !== part.id), ...open.slice(place + 1)];
    for (const other of others) if (overlaps(part, other)) addOverlap(run, shardId, part, other);
    if (run.ports.clock.now() - part.openedMs < overdueAfterMs) continue;
    // The head was read some seconds ago. Read again after the committed parts, it shows whether the part is closed or late.
    if (!(await isOpen(run, shardId, part))) continue;
    // Under as many definitions: one that was taken over since has rows to write.
    const done = committed.some(
      ({ id, definitions }) => id === part.id && definitions.length >= part.definitions.length,
    );
    run.findings.add(overdue(run, shardId, part, done));
  }
}

async function isOpen({ ports }: AuditRun, shardId: string, { id, openedMs }: OpenPart): Promise<boolean> {
  const { open } = await ports.ledger.head(shardKey(ports.streamName, shardId));
  return open.some((part) => part.id === id && part.openedMs === openedMs);
}

async function committedOver(run: AuditRun, shardId: string, range: Range): Promise<CommittedPart[]> {
  const { ledger, streamName } = run.ports;
  const parts: CommittedPart[] = [];
  for await (const part of ledger.neighbours(shardKey(streamName, shardId), range.firstSequence, "after")) {
    if (compareSequence(part.firstSequence, range.lastSequence) > 0) break;
    parts.push(part);
  }
  return parts;
}

function overdue(run: AuditRun, shardId: string, part: OpenPart, done: boolean): Finding {
  const { clock, retentionMs } = run.ports;
  const about = aboutPart(shardId, part);
  const held = `${part.records} records with ${part.events} events since ${isoOf(part.openedMs)}`;
  if (done) {
    const detail = `Expected the promise to be taken off the list, got one open since ${isoOf(part.openedMs)} whose rows are all there`;
    return { kind: "open", ...about, amount: 0, unit: "events", detail, command: "npx millrace sweep" };
  }
  const amount = part.events;
  if (part.firstArrivalMs + retentionMs <= clock.now()) {
    const detail = `Expected the promise to be kept while the stream has its records, got ${held}: lost, unless they wait among the batches that Lambda gave up on`;
    return { kind: "lost", ...about, amount, unit: "events", detail, command: "npx millrace sweep --dry-run" };
  }
  const detail = `Expected the promise to be kept by now, got ${held}`;
  return { kind: "open", ...about, amount, unit: "events", detail, command: "npx millrace sweep" };
}

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

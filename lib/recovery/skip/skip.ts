import { randomBytes } from "node:crypto";
import type { Head, Ledger, SkippedRecord } from "../../store/ledger/ledger.ts";
import { covers } from "../../stream/range.ts";
import { RangeGone, type RangeReader } from "../../stream/reader.ts";
import { compareSequence, shardKey } from "../../stream/sequence.ts";
import type { RollUpFunction } from "../isolate/roll-up-function.ts";

/** What skipping needs of the ledger. */
export type SkippingLedger = Pick<Ledger, "head" | "moveHead" | "committed">;

/** Records of a shard that may be skipped at a time: the head stays far below the 400 KB of a DynamoDB item. */
export const skippedMax = 500;

/** What became of the wish to skip a record. */
export type Skipping =
  | { readonly kind: "skipped" }
  /** It was to be skipped already. */
  | { readonly kind: "known" }
  /** It is in a committed part, which never changes. */
  | { readonly kind: "committed"; readonly part: string };

/** Whether the record ends the process; asked once it is known whether an open part covers it. */
export type Kills = (isOpen: boolean) => Promise<boolean>;

/**
 * Marks a record of the shard: whoever folds it from now on puts it into quarantine undecoded. The mark is part of the
 * head, so an invocation that has folded the record and not yet opened its part must start again. Marks that a committed
 * part has used up are dropped. Throws where too many records are marked.
 */
export async function skip(
  ledger: SkippingLedger,
  shard: string,
  sequenceNumber: string,
  killsAsked: Kills,
): Promise<Skipping> {
  const writer = randomBytes(8).toString("base64url");
  for (;;) {
    // In this order: a part that is committed in between is then seen twice, never not at all.
    const head = await ledger.head(shard);
    const before = head.skipped.find((other) => other.sequenceNumber === sequenceNumber);
    // Written by this call: its answer was lost, and the head has moved since.
    if (before?.writer === writer) return { kind: "skipped" };
    const [part] = await ledger.committed(shard, sequenceNumber, sequenceNumber);
    const promise = head.open.find((open) => covers(open, sequenceNumber));
    // One that is only not off the list yet is committed; one that was taken over since is not.
    const taken = promise !== undefined && promise.definitions.length > (part?.definitions.length ?? 0);
    if (part !== undefined && !taken) return { kind: "committed", part: part.id };
    const kills = await killsAsked(promise !== undefined);
    if (before !== undefined && (before.kills || !kills)) return { kind: "known" };
    const others = await stillWanted(ledger, shard, head, sequenceNumber);
    if (others.length >= skippedMax) {
      throw new Error(`Expected at most ${skippedMax} records of ${shard} to be skipped, got one more`);
    }
    const marks = [...others, { sequenceNumber, kills, writer }];
    marks.sort((a, b) => compareSequence(a.sequenceNumber, b.sequenceNumber));
    if (await ledger.moveHead(shard, head, { ...head, skipped: marks })) return { kind: "skipped" };
  }
}

/** The other marks, without those whose records are in a part that is committed and closed. */
async function stillWanted(
  ledger: SkippingLedger,
  shard: string,
  { open, skipped }: Head,
  sequenceNumber: string,
): Promise<SkippedRecord[]> {
  const wanted: SkippedRecord[] = [];
  for (const other of skipped) {
    if (other.sequenceNumber === sequenceNumber) continue;
    const isOpen = open.some((part) => covers(part, other.sequenceNumber));
    const committed = isOpen ? [] : await ledger.committed(shard, other.sequenceNumber, other.sequenceNumber);
    if (committed.length === 0) wanted.push(other);
  }
  return wanted;
}

export interface SkipByHandPorts {
  readonly ledger: SkippingLedger;
  readonly stream: Pick<RangeReader, "read">;
  readonly rollUp: Pick<RollUpFunction, "preview">;
}

/** Where a record is. */
export interface RecordPlace {
  readonly streamName: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/**
 * Skips a record for a person who knows why. Where a part with it is open already, rows of it may have been written, and
 * they can be taken back only by taking the record apart once more: a preview says whether it lets itself be.
 */
export function skipByHand(place: RecordPlace, ports: SkipByHandPorts): Promise<Skipping> {
  const shard = shardKey(place.streamName, place.shardId);
  return skip(ports.ledger, shard, place.sequenceNumber, async (isOpen) => !isOpen || !(await survives(place, ports)));
}

async function survives(
  { streamName, shardId, sequenceNumber }: RecordPlace,
  ports: SkipByHandPorts,
): Promise<boolean> {
  try {
    const records = await ports.stream.read(shardId, sequenceNumber, sequenceNumber, 1);
    const outcome = await ports.rollUp.preview({ streamName, shardId, records });
    if (outcome.kind === "done" || outcome.kind === "died") return outcome.kind === "done";
    throw new Error(
      `Expected to learn whether record ${sequenceNumber} ends the process, got ${JSON.stringify(outcome)}`,
    );
  } catch (error) {
    // What is gone cannot be taken apart.
    if (error instanceof RangeGone) return false;
    throw error;
  }
}

import type { FindingKind } from "../../lib/audit/finding.ts";
import { eventOf } from "../../lib/recovery/isolate/kinesis-event.ts";
import { mayRepeatUnknown } from "../../lib/roll-up/lineage.ts";
import { readFailure } from "../../lib/store/dead-letters/dead-letter.ts";
import { newHead, type PartRange } from "../../lib/store/ledger/ledger.ts";
import type { Batch } from "../../lib/stream/batch.ts";
import { covers, overlaps } from "../../lib/stream/range.ts";
import { compareSequence, shardKey } from "../../lib/stream/sequence.ts";
import type { Shard } from "./stream.ts";
import { streamName, type World } from "./world.ts";

/** What nobody can make good any more. */
export interface Doubt {
  readonly what: string;
  /** An audit must say it in one of these ways. */
  readonly kinds: readonly FindingKind[];
}

/** What is in no committed part in the end, and whether that could have been otherwise. */
export class Remains {
  /** What nobody can make good any more. */
  readonly doubts: Doubt[] = [];
  readonly #world: World;
  /** Sequence numbers, which are of all the stream here, in the files that are left. */
  readonly #waiting: Set<string>;
  readonly #lostRanges = new Map<Shard, { firstSequence: string; lastSequence: string }[]>();

  constructor(world: World) {
    this.#world = world;
    this.#waiting = sequenceNumbersOf([...world.bucket.failures.values()]);
  }

  /** What should have been counted and was not, or overlaps; notes the doubts. */
  wrong(): string | undefined {
    for (const shard of this.#world.stream.shards) {
      const wrong = this.#wrongPromise(shard) ?? this.#wrongCover(shard);
      if (wrong !== undefined) return wrong;
    }
    return this.#wrongFile();
  }

  #doubt(kinds: readonly FindingKind[], what: string): void {
    this.doubts.push({ kinds, what });
  }

  /** A part may stay open only if nobody has all of its records any more. */
  #wrongPromise(shard: Shard): string | undefined {
    const { stream, ledger } = this.#world;
    const { open = [] } = ledger.heads.get(shardKey(streamName, shard.shardId)) ?? {};
    const kept = new Set(stream.kept(shard).map(({ sequenceNumber }) => sequenceNumber));
    for (const part of open) {
      const records = shard.records.filter(({ sequenceNumber }) => covers(part, sequenceNumber));
      const isThere = (sequenceNumber: string): boolean =>
        kept.has(sequenceNumber) || this.#waiting.has(sequenceNumber);
      if (records.every(({ sequenceNumber }) => isThere(sequenceNumber))) {
        return `part ${part.id} of ${shard.shardId} is still open`;
      }
      this.#doubt(["lost", "open"], `part ${part.id} of ${shard.shardId} is open, and its records are gone`);
    }
    this.#lostRanges.set(shard, [...open]);
    return undefined;
  }

  #wrongCover(shard: Shard): string | undefined {
    const { stream, ledger } = this.#world;
    const { shardId, records } = shard;
    const parts = ledger.parts.get(shardKey(streamName, shardId)) ?? [];
    for (const [index, part] of parts.entries()) {
      const next = parts[index + 1];
      if (next !== undefined && compareSequence(part.lastSequence, next.firstSequence) >= 0) {
        return `parts ${part.id} and ${next.id} of ${shardId} overlap`;
      }
      if (mayRepeatUnknownIn(this.#world, shard, part)) {
        this.#doubt(["lineage"], `what part ${part.id} of ${shardId} repeats of forgotten shards may count twice`);
      }
      if (part.lost !== undefined) {
        this.#doubt(["lost", "rows"], `part ${part.id} of ${shardId} was written off`);
        const all = records.filter(({ sequenceNumber }) => covers(part, sequenceNumber));
        if (all.every((record) => stream.kept(shard).includes(record)))
          return `part ${part.id} was written off, and is there`;
      } else if (part.doubled > 0)
        this.#doubt(["doubled", "rows"], `part ${part.id} of ${shardId} may have ${part.doubled} rows too many`);
    }
    const kept = new Set(stream.kept(shard).map(({ sequenceNumber }) => sequenceNumber));
    const ranges = [...parts, ...(this.#lostRanges.get(shard) ?? [])];
    for (const { sequenceNumber } of records) {
      if (ranges.some((range) => covers(range, sequenceNumber))) continue;
      if (this.#isTooLarge(shard, sequenceNumber)) {
        this.#doubt(["records"], `no invocation can carry record ${sequenceNumber} of ${shardId}`);
        continue;
      }
      if (kept.has(sequenceNumber) || this.#waiting.has(sequenceNumber))
        return `record ${sequenceNumber} of ${shardId} is in no part`;
      this.#doubt(["records"], `record ${sequenceNumber} of ${shardId} is in no part, and nobody has it any more`);
    }
    return undefined;
  }

  #isTooLarge({ shardId, records }: Shard, sequenceNumber: string): boolean {
    const record = records.find((other) => other.sequenceNumber === sequenceNumber);
    const { payloadBytesMax } = this.#world.plan.surroundings;
    return record !== undefined && bytesOf({ streamName, shardId, records: [record] }) > payloadBytesMax;
  }

  /** What Lambda gave up on may wait only for a part that is lost, or where no invocation can carry a record of it. */
  #wrongFile(): string | undefined {
    for (const [key, body] of this.#world.bucket.failures) {
      const { shardId, records } = readFailure(body).batch;
      const isTooLarge = records.some(({ sequenceNumber }) =>
        this.#isTooLarge(this.#world.stream.shard(shardId), sequenceNumber),
      );
      const range = {
        firstSequence: records[0]?.sequenceNumber ?? "",
        lastSequence: records.at(-1)?.sequenceNumber ?? "",
      };
      const lost = this.#lostRanges.get(this.#world.stream.shard(shardId)) ?? [];
      if (!isTooLarge && !lost.some((part) => overlaps(part, range))) return `file ${key} was not redriven`;
      this.#doubt(["given-up"], `file ${key} cannot be redriven`);
    }
    return undefined;
  }
}

/** Whether a part's shard came from others that nobody knew of any more, and it is old enough to repeat some of theirs. */
export function mayRepeatUnknownIn(world: World, { shardId }: Shard, part: PartRange): boolean {
  const { ledger, plan, dedupeWindowMs } = world;
  const head = ledger.heads.get(shardKey(streamName, shardId)) ?? newHead;
  const { retentionMs } = plan.surroundings;
  return mayRepeatUnknown(head, part, { retentionMs, dedupeWindowMs });
}

const bytesOf = (batch: Batch): number => Buffer.byteLength(JSON.stringify(eventOf({ ...batch, isWhole: true })));

/** Sequence numbers of what Lambda gave up on. */
export function sequenceNumbersOf(bodies: readonly string[]): Set<string> {
  return new Set(bodies.flatMap((body) => readFailure(body).batch.records.map(({ sequenceNumber }) => sequenceNumber)));
}

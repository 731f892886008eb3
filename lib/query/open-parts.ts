import type { Clock } from "../clock.ts";
import type { CommittedPart, Head, Ledger, OpenPart } from "../store/ledger/ledger.ts";
import { bucketWidthsMs } from "../store/rows/bucket.ts";
import { shardKey } from "../stream/sequence.ts";

/** Half-open, epoch milliseconds, whole minutes. */
export interface OpenRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Says which minutes an answer of the store may have only a part of. */
export interface Openness {
  /** Asks, and returns with what was asked the minutes of parts that were being written meanwhile. Throws what either throws. */
  during<T>(ask: () => Promise<T>): Promise<[answer: T, open: OpenRange[]]>;
}

/** The heads of all shards. They are not read at one moment. */
interface Reading {
  readonly startedMs: number;
  readonly heads: ReadonlyMap<string, Head>;
}

/** A reading counts as one of before for so long: questions that come together read the heads once. */
const freshMs = 1_000;
/** Shards whose newest parts are read at one time. */
const shardsAtOnce = 10;

/**
 * The parts that are being written while a question is asked. Their rows may be in the answer in part.
 *
 * The heads are read before and after. Before alone misses a part opened as the store answers, after alone one that was
 * written and committed by then: what is open at either reading may be in the answer in part. A part that was opened
 * and committed between the two is among the newest committed ones, with a number that the first reading has not seen;
 * these are looked for where the head has moved, and only there. (A batch that redrive counts lies further back in the
 * shard, and is not found if it is opened and committed within one question.)
 */
export class OpenParts implements Openness {
  readonly #ledger: Pick<Ledger, "headsOf" | "newest" | "neighbours">;
  readonly #streamName: string;
  readonly #shardIds: () => Promise<readonly string[]>;
  readonly #clock: Pick<Clock, "now">;
  #last: { readonly startedMs: number; readonly reading: Promise<Reading> } | undefined;
  #next: Promise<Reading> | undefined;

  /** `shardIds` names every shard that has a head. */
  constructor(
    ledger: Pick<Ledger, "headsOf" | "newest" | "neighbours">,
    streamName: string,
    shardIds: () => Promise<readonly string[]>,
    clock: Pick<Clock, "now">,
  ) {
    this.#ledger = ledger;
    this.#streamName = streamName;
    this.#shardIds = shardIds;
    this.#clock = clock;
  }

  async during<T>(ask: () => Promise<T>): Promise<[answer: T, open: OpenRange[]]> {
    const before = await this.#recent();
    const answer = await ask();
    const after = await this.#fresh();
    const passed = await this.#passedIn(after, before);
    const open = [before, after].flatMap(({ heads }) => [...heads.values()].flatMap((head) => head.open));
    return [answer, joined([...open, ...passed])];
  }

  /** A reading of this second, else a new one. */
  #recent(): Promise<Reading> {
    const last = this.#last;
    return last !== undefined && this.#clock.now() - last.startedMs < freshMs ? last.reading : this.#fresh();
  }

  /** A reading that begins after this call. There is one at a time: all who wait for the next share it. */
  #fresh(): Promise<Reading> {
    this.#next ??= this.#begin(this.#last?.reading);
    return this.#next;
  }

  async #begin(last: Promise<Reading> | undefined): Promise<Reading> {
    await last?.catch(() => {});
    const startedMs = this.#clock.now();
    const reading = this.#read(startedMs);
    this.#last = { startedMs, reading };
    this.#next = undefined;
    try {
      return await reading;
    } catch (error) {
      if (this.#last?.reading === reading) this.#last = undefined;
      throw error;
    }
  }

  async #read(startedMs: number): Promise<Reading> {
    const shardIds = await this.#shardIds();
    const heads = await this.#ledger.headsOf(shardIds.map((id) => shardKey(this.#streamName, id)));
    return { startedMs, heads };
  }

  async #passedIn({ heads }: Reading, before: Reading): Promise<CommittedPart[]> {
    const moved = [...heads].filter(([shard, { revision }]) => revision !== before.heads.get(shard)?.revision);
    const passed: CommittedPart[] = [];
    for (let first = 0; first < moved.length; first += shardsAtOnce) {
      const some = moved.slice(first, first + shardsAtOnce);
      for (const parts of await Promise.all(some.map(([shard]) => this.#passed(shard, before)))) passed.push(...parts);
    }
    return passed;
  }

  /** Parts that were opened after the first reading and committed before the second. */
  async #passed(shard: string, before: Reading): Promise<CommittedPart[]> {
    // A shard without a head had no part: every one that it has now is new.
    const seen = before.heads.get(shard)?.revision ?? 0;
    const newest = await this.#ledger.newest(shard);
    if (newest === undefined) return [];
    const passed: CommittedPart[] = [];
    for await (const part of this.#ledger.neighbours(shard, newest.lastSequence, "before")) {
      // A part's number is the revision that its opening made of the head.
      if (part.number <= seen) break;
      passed.push(part);
    }
    return passed;
  }
}

/** The minutes of parts, those that touch joined, oldest first. */
function joined(parts: readonly Pick<OpenPart, "firstBucketMs" | "lastBucketMs">[]): OpenRange[] {
  const ranges = parts.flatMap(({ firstBucketMs, lastBucketMs }) =>
    firstBucketMs === undefined || lastBucketMs === undefined
      ? []
      : [{ fromMs: firstBucketMs, toMs: lastBucketMs + bucketWidthsMs["1m"] }],
  );
  const result: OpenRange[] = [];
  for (const range of ranges.sort((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1);
    if (last === undefined || last.toMs < range.fromMs) result.push(range);
    else result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, range.toMs) };
  }
  return result;
}

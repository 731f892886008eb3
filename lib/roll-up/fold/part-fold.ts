import type { Definitions } from "../../config/definitions.ts";
import { partLimits, recordLimits } from "../../limits.ts";
import { isProblem, type Problem, problem } from "../../problem.ts";
import type { Tally } from "../../store/ledger/ledger.ts";
import type { Rejected } from "../../store/quarantine/quarantine.ts";
import type { Row } from "../../store/rows/row.ts";
import { brokenCompressionBytes, isCompressed } from "../../stream/compression.ts";
import { type Event, readEvent } from "../../stream/event/event.ts";
import type { HashRange } from "../../stream/hash-range.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import { unpack } from "../../stream/unpack.ts";
import type { KnownIds } from "../dedupe/duplicate-memory.ts";
import { IdMap } from "../dedupe/id-map.ts";
import { type MessageHash, MessageHasher } from "../dedupe/message-hash.ts";
import { EventJudge } from "./event-judge.ts";
import { addNumber, type Group, MetricGroups } from "./group.ts";
import type { CompiledMetric } from "./metric-matcher.ts";

export const bucketMsOf = (timestampMs: number): number => Math.floor(timestampMs / 60_000) * 60_000;

/** Told of each row that a counted event is part of, to find the events of a row again. */
export type Trace = (metric: CompiledMetric, group: Group, record: StreamRecord, index: number) => void;

const noTrace: Trace = () => {};

const none: ReadonlySet<number> = new Set();

const unclaimed = problem(
  "changed",
  "expected an event that could be counted when its part was begun, got one that only later definitions can count",
);

/** For records of which nothing is left in a ledger. */
export const nothingKnown: KnownIds = { has: () => false, hasher: MessageHasher.ofProcess(), windowMs: 0 };

/**
 * Folds the records of one part, in order. A pure function of the records, the definitions and the ids that earlier
 * parts left in the ledger: no wall clock, no random number, nothing left over from another part.
 */
export class PartFold {
  readonly #definitions: Definitions;
  readonly #judge: EventJudge;
  readonly #trace: Trace;
  /** By the metrics' places; none where a metric has counted nothing. */
  readonly #groups: MetricGroups[] = [];
  readonly #memory: KnownIds;
  readonly #claims: KnownIds["claims"];
  readonly #hash: MessageHash = { high: 0, low: 0 };
  /** Ids of the events that are fit to be counted, duplicates too. */
  readonly ids = new IdMap(4_096);
  readonly rejected: Rejected[] = [];
  readonly #shardKeys: HashRange | undefined;
  /** Events that are another shard's, and no part of this one's. */
  strays = 0;
  #tally = { events: 0, counted: 0, duplicate: 0, quarantined: 0, late: 0 };
  #unpackedBytes = 0;

  /** `shardKeys` are the hash keys of the shard; without them, no event is another shard's. */
  constructor(
    definitions: Definitions,
    memory: KnownIds = nothingKnown,
    trace: Trace = noTrace,
    shardKeys: HashRange | undefined = undefined,
  ) {
    this.#shardKeys = shardKeys;
    this.#definitions = definitions;
    this.#memory = memory;
    this.#claims = memory.claims;
    this.#judge = new EventJudge(definitions);
    this.#trace = trace;
  }

  get tally(): Tally {
    return this.#tally;
  }

  /** Whether a new part should end here. A part that is promised already is folded to its end regardless. */
  get isFull(): boolean {
    return this.#tally.events >= partLimits.eventsMax || this.#unpackedBytes >= partLimits.unpackedBytesMax;
  }

  /** Folds the events of one record. Never throws for what is in it. */
  add(record: StreamRecord): void {
    const unpacked = unpack(record.data, this.#shardKeys);
    if (isProblem(unpacked)) {
      this.#tally.events++;
      // A bomb cost as much to find as a full record: it fills the part as much.
      if (unpacked.reason === "too-large") this.#unpackedBytes += recordLimits.unpackedBytesMax;
      else if (isCompressed(record.data)) this.#unpackedBytes += brokenCompressionBytes;
      this.#reject(record, undefined, unpacked);
      return;
    }
    this.#unpackedBytes += unpacked.bytes;
    const { strays = none } = unpacked;
    this.strays += strays.size;
    this.#tally.events += unpacked.texts.length - strays.size;
    for (const [index, text] of unpacked.texts.entries()) {
      if (strays.has(index)) continue;
      const event = typeof text === "string" ? readEvent(text, record.arrivalMs) : text;
      const outcome = "reason" in event ? event : this.#count(event, record, index);
      if (outcome !== undefined) this.#reject(record, index, outcome);
    }
  }

  /** Puts one record into quarantine as it is, whatever is in it: it counts as one event. */
  skip(record: StreamRecord): void {
    this.#tally.events++;
    this.#reject(record, undefined, problem("skipped", "expected a record to take apart, got one to be stepped over"));
  }

  /** The rows so far, in an order that depends on the records only. */
  rows(): Row[] {
    return this.#groups.flatMap((groups) => [...groups].map((group) => rowOf(groups.metric, group)));
  }

  #count(event: Event, record: StreamRecord, index: number): Problem | undefined {
    const unfit = this.#judge.judge(event, record.arrivalMs);
    if (unfit !== undefined) return unfit;
    const { selected, numbers } = this.#judge;
    // Only a counted event is remembered, so that a mended one may come again under the same id.
    if (event.messageId !== "") {
      this.#memory.hasher.hash(event.source, event.messageId, this.#hash);
      const { high, low } = this.#hash;
      const isKnown = this.#memory.has(high, low);
      if (!isKnown && this.#claims?.(high, low) === false) return unclaimed;
      if (!this.ids.add(high, low, 1) || isKnown) {
        this.#tally.duplicate++;
        return undefined;
      }
    }
    const bucketMs = bucketMsOf(event.timestampMs);
    for (const [place, metric] of selected.entries()) {
      const group = this.#groupsOf(metric).at(bucketMs, event.fields);
      group.count++;
      if (metric.number !== undefined) addNumber(group, numbers[place] ?? 0);
      this.#trace(metric, group, record, index);
    }
    this.#tally.counted++;
    return undefined;
  }

  #groupsOf(metric: CompiledMetric): MetricGroups {
    const known = this.#groups[metric.index];
    if (known !== undefined) return known;
    const groups = new MetricGroups(metric, this.#definitions);
    this.#groups[metric.index] = groups;
    return groups;
  }

  #reject(record: StreamRecord, index: number | undefined, reason: Problem): void {
    if (reason.reason === "late") this.#tally.late++;
    else this.#tally.quarantined++;
    this.rejected.push({ record, index, problem: reason });
  }
}

/** The row of a group. */
export function rowOf({ definition }: CompiledMetric, group: Group): Row {
  return {
    metric: definition.name,
    def: definition.def,
    bucketMs: group.bucketMs,
    dimensions: definition.by.map(([alias], index) => [alias, group.values[index] ?? ""] as const),
    count: group.count,
    numbers:
      definition.measure.kind === "sum"
        ? { sum: group.sum + group.compensation, min: group.min, max: group.max }
        : undefined,
  };
}

import type { Ledger } from "../../store/ledger/ledger.ts";
import { replayWindowMs } from "../../stream/event/replayed.ts";
import { shardKey } from "../../stream/sequence.ts";
import { type CountedQuestion, countedAmong, type ShardToAsk } from "./counted-ids.ts";
import type { Decision, Mark } from "./marks.ts";
import type { ReplayTally } from "./report.ts";
import type { Candidate } from "./resent-event.ts";
import { type Arrivals, notRolledUp, type RolledUpPorts } from "./rolled-up.ts";

export interface UncountedPorts extends RolledUpPorts {
  readonly ledger: Pick<Ledger, "head" | "neighbours" | "newest" | "ids" | "messageKey"> & {
    shardIds(streamName: string): Promise<string[]> | string[];
  };
}

/** An event, and what its mark says is to be done. */
export interface Decided {
  readonly candidate: Candidate;
  readonly decision: Decision;
}

/** An event that is to be sent. */
export interface Wanted {
  readonly candidate: Candidate;
  /** What it has of earlier attempts. */
  readonly mark?: Mark;
  /** The same attempt once more. */
  readonly again?: true;
}

/** Those of a run's events that are to be sent and were not counted before. */
export class Uncounted {
  readonly #ports: UncountedPorts;
  readonly #dedupeWindowMs: number;
  readonly #windowMs: number;
  readonly #tally: ReplayTally;
  /** What is known to be rolled up. */
  #settled: Arrivals = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY };

  /** What comes of those that are not to be sent goes into the tally. */
  constructor(ports: UncountedPorts, dedupeWindowMs: number, tally: ReplayTally) {
    this.#ports = ports;
    this.#dedupeWindowMs = dedupeWindowMs;
    this.#windowMs = replayWindowMs(dedupeWindowMs);
    this.#tally = tally;
  }

  async of(all: readonly Decided[], nowMs: number): Promise<Wanted[]> {
    const wanted: Wanted[] = [];
    const firsts = new Map<string, Wanted[]>();
    const nexts = new Map<number, (Wanted & { readonly mark: Mark })[]>();
    for (const { candidate, decision } of all) {
      switch (decision.kind) {
        case "replayed":
          this.#tally.outcomes.replayed++;
          break;
        case "in-doubt":
          this.#tally.doubt(`an earlier replay may be under way until ${new Date(decision.untilMs).toISOString()}`);
          break;
        case "again":
          wanted.push({ candidate, mark: decision.mark, again: true });
          break;
        case "first":
          grouped(firsts, candidate.event.file.shard).push({ candidate });
          break;
        case "next":
          grouped(nexts, decision.mark.untilMs).push({ candidate, mark: decision.mark });
          break;
        default:
          throw decision satisfies never;
      }
    }
    for (const [shard, group] of firsts) wanted.push(...(await this.#firsts(shard, group, nowMs)));
    for (const [untilMs, group] of nexts) wanted.push(...(await this.#nexts(untilMs, group)));
    return wanted;
  }

  /** Without those whose sender had them counted: mended, or by another copy. */
  async #firsts(shard: string, all: readonly Wanted[], nowMs: number): Promise<readonly Wanted[]> {
    const group = await this.#past(all, nowMs);
    const { ancestors, descendants } = await this.#ports.ledger.head(shard);
    const near = group[0]?.candidate.event.place.sequenceNumber;
    const shards: ShardToAsk[] = [
      { shard, ...(near === undefined ? {} : { near }) },
      ...ancestors.map((ancestor) => ({ shard: ancestor })),
      ...descendants.map((descendant) => ({ shard: descendant, near: "0" })),
    ];
    return this.#notCounted(shards, group, (candidate) => this.#around(candidate));
  }

  /** When a copy that its sender sent once more would have to have arrived, to be the same event. */
  #around({ arrivalMs }: Candidate): Arrivals {
    return { fromMs: arrivalMs - this.#dedupeWindowMs, toMs: arrivalMs + this.#dedupeWindowMs };
  }

  /**
   * Those of which such a copy is known by now, if there is one; or will be a duplicate of what is sent, or that of it,
   * for both are of one person and arrive within `dedupeWindow`.
   */
  async #past(group: readonly Wanted[], nowMs: number): Promise<readonly Wanted[]> {
    const past: Wanted[] = [];
    const asked: Wanted[] = [];
    for (const wanted of group) {
      const { toMs } = this.#around(wanted.candidate);
      if (wanted.candidate.keepsPerson && nowMs + this.#windowMs < toMs) past.push(wanted);
      else if (nowMs > toMs) asked.push(wanted);
      else
        this.#tally.doubt(`its sender may have sent it once more: that is known after ${new Date(toMs).toISOString()}`);
    }
    const ranges = asked.map(({ candidate }) => this.#around(candidate));
    const why = ranges.length === 0 ? undefined : await this.#notRolledUp(spanOf(ranges));
    if (why === undefined) return [...past, ...asked];
    for (const _ of asked) this.#tally.doubt(why);
    return past;
  }

  /** Without those of which the earlier attempt was counted; none where that cannot be known yet. */
  async #nexts(untilMs: number, group: readonly Wanted[]): Promise<readonly Wanted[]> {
    const { ledger, streamName } = this.#ports;
    const range = { fromMs: untilMs - this.#windowMs, toMs: untilMs };
    const why = await this.#notRolledUp(range);
    if (why !== undefined) {
      for (const _ of group) this.#tally.doubt(why);
      return [];
    }
    const shardIds = await ledger.shardIds(streamName);
    const shards = shardIds.map((shardId) => ({ shard: shardKey(streamName, shardId) }));
    return this.#notCounted(shards, group, () => range);
  }

  /** Asked once for what lies within what was asked before: what is rolled up stays so. */
  async #notRolledUp(range: Arrivals): Promise<string | undefined> {
    if (this.#settled.fromMs <= range.fromMs && range.toMs <= this.#settled.toMs) return undefined;
    const why = await notRolledUp(this.#ports, range);
    if (why === undefined) this.#settled = range;
    return why;
  }

  async #notCounted(
    shards: readonly ShardToAsk[],
    group: readonly Wanted[],
    range: (candidate: Candidate) => Arrivals,
  ): Promise<readonly Wanted[]> {
    const questions = group.map((wanted): CountedQuestion & { readonly wanted: Wanted } => {
      return { wanted, name: wanted.candidate.name, ...range(wanted.candidate) };
    });
    const counted = await countedAmong(this.#ports.ledger, shards, questions);
    this.#tally.outcomes.counted += counted.size;
    return questions.filter((question) => !counted.has(question)).map(({ wanted }) => wanted);
  }
}

const spanOf = (ranges: readonly Arrivals[]): Arrivals => ({
  fromMs: ranges.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.POSITIVE_INFINITY),
  toMs: ranges.reduce((greatest, { toMs }) => Math.max(greatest, toMs), Number.NEGATIVE_INFINITY),
});

function grouped<Key, Value>(groups: Map<Key, Value[]>, key: Key): Value[] {
  const group = groups.get(key) ?? [];
  groups.set(key, group);
  return group;
}

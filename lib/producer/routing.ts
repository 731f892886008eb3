import type { Batch, BufferedEvent } from "./batch.ts";
import { type BatchLimits, Lane } from "./lane.ts";
import { ShardMap, wholeStream } from "./shards.ts";

/** The lanes of all open shards, and which one an event goes to. */
export class Routing {
  readonly #limits: BatchLimits;
  #map: ShardMap;
  #lanes: readonly Lane[];

  /** Until the shards are known, one lane holds everything; it is not to be sent from. */
  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.#map = new ShardMap([wholeStream]);
    this.#lanes = [new Lane(wholeStream, limits)];
  }

  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /** Adds an event at the end of its person's lane. True when that began a new batch, as of now. */
  add(event: BufferedEvent, nowMs: number): boolean {
    return this.#laneOf(event.key).add(event, nowMs);
  }

  /** The smallest serial number of all that waits; Infinity when nothing does. */
  get firstSerial(): number {
    let first = Number.POSITIVE_INFINITY;
    // After a resharding the batches of a lane need not be in the order of serial numbers.
    for (const { batches } of this.#lanes) for (const batch of batches) first = Math.min(first, batch.firstSerial);
    return first;
  }

  /** Whether the lane of a key has more than it can put into its next record. */
  crowded(key: string): boolean {
    return this.#laneOf(key).batches.length > 1;
  }

  /** Makes everything that waits now go out as soon as its lane is free. */
  allDue(): void {
    for (const lane of this.#lanes) for (const batch of lane.batches) batch.due = true;
  }

  /**
   * Takes over other shards. All that waits is packed anew, for the shards that its persons belong to now and in the
   * order it had. No lane may be busy: an event on its way to a closed shard could be overtaken.
   */
  reroute(map: ShardMap): void {
    if (this.#map.sameShards(map)) return;
    const batches = this.#lanes.flatMap((lane) => lane.batches);
    this.#map = map;
    this.#lanes = map.shards.map((shard) => new Lane(shard, this.#limits));
    for (const batch of batches) this.#moveOver(batch);
  }

  #moveOver({ queue, sinceMs, inDoubt, failure, due }: Batch): void {
    for (const event of queue) {
      const lane = this.#laneOf(event.key);
      lane.add(event, sinceMs);
      const last = lane.batches.at(-1);
      if (last === undefined) continue;
      last.sinceMs = Math.min(last.sinceMs, sinceMs);
      last.inDoubt ||= inDoubt;
      last.failure ??= failure;
      last.due ||= due;
    }
  }

  #laneOf(key: string): Lane {
    const lane = this.#lanes[this.#map.indexOf(key)];
    if (lane === undefined) throw new Error("a shard has no lane");
    return lane;
  }
}

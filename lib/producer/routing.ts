import type { EventLine } from "./event-line.ts";
import { type BatchLimits, Lane } from "./lane.ts";
import { ShardMap, wholeStream } from "./shard-map.ts";

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

  /** Adds an event at the end of its person's lane. True when that began a new batch. */
  add(line: EventLine, key: string): boolean {
    return this.#laneOf(key).add(line, key);
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
    for (const { lines, keys } of batches) {
      for (const [index, text] of lines.entries()) {
        this.add({ text, bytes: Buffer.byteLength(text) }, keys[index] ?? "");
      }
    }
  }

  #laneOf(key: string): Lane {
    const lane = this.#lanes[this.#map.indexOf(key)];
    if (lane === undefined) throw new Error("a shard has no lane");
    return lane;
  }
}

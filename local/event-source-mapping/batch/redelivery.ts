import type { Position } from "../reading/stream-reader.ts";
import type { Switches } from "../switches.ts";
import type { HeldRecord } from "./batch-buffer.ts";

/**
 * Says whether, and from where, records that were dealt with are delivered again. Only after a batch that brought the
 * shard further than ever: what comes again is not sent back once more, so that a shard always gets on.
 */
export class Redelivery {
  readonly #how: Switches["redelivery"];
  readonly #recordsMax: number;
  /** Sequence numbers of records dealt with, oldest first; the position is that before the first of them. */
  readonly #recent: string[] = [];
  #before: Position;
  #farthest: string | undefined;

  constructor(how: Switches["redelivery"], recordsMax: number, start: Position) {
    this.#how = how;
    this.#recordsMax = recordsMax;
    this.#before = start;
  }

  /** After a batch was dealt with: where to read again from, or undefined to go on. */
  after(
    batchStart: Position,
    batch: readonly HeldRecord[],
    random: () => number,
    chance: number,
  ): Position | undefined {
    if (this.#how === "none") return undefined;
    const fresh = batch.filter((held) => isBeyond(held.record.sequenceNumber, this.#farthest));
    if (fresh.length === 0) return undefined;
    this.#farthest = fresh.at(-1)?.record.sequenceNumber;
    if (this.#how === "recent-records") this.#remember(fresh);
    if (random() >= chance) return undefined;
    if (this.#how === "last-batch") return batchStart;
    return this.#beforeRecord(Math.floor(random() * this.#recent.length));
  }

  #remember(fresh: readonly HeldRecord[]): void {
    this.#recent.push(...fresh.map((held) => held.record.sequenceNumber));
    const forgotten = this.#recent.splice(0, Math.max(0, this.#recent.length - this.#recordsMax)).at(-1);
    if (forgotten !== undefined) this.#before = { kind: "after", sequenceNumber: forgotten };
  }

  #beforeRecord(at: number): Position {
    const sequenceNumber = this.#recent[at - 1];
    return sequenceNumber === undefined ? this.#before : { kind: "after", sequenceNumber };
  }
}

/** Sequence numbers are decimal and too long for a number. */
function isBeyond(sequenceNumber: string, farthest: string | undefined): boolean {
  if (farthest === undefined) return true;
  if (sequenceNumber.length !== farthest.length) return sequenceNumber.length > farthest.length;
  return sequenceNumber > farthest;
}

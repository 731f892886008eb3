import type { Identity } from "./identity.ts";

export interface SeenFilterOptions {
  /** Size of each of the two generations, a power of two. */
  readonly bits: number;
  /** Records a generation takes before it becomes the older one. */
  readonly recordsMax: number;
}

interface Generation {
  readonly words: Uint32Array;
  records: number;
  /** Per table the newest time there was when the generation began. */
  floors: Map<number, bigint>;
}

/** 21 bits a record at least: about one new record in 20,000 is taken for a known one, in two times 4 MiB. */
const DEFAULTS: SeenFilterOptions = { bits: 2 ** 25, recordsMax: 1_600_000 };
const PROBES = 10;

/**
 * Tells which records are surely new, so that only the others have to be looked for in the table: a Bloom filter of the
 * records written lately. It forgets by generations; what it has forgotten is older in event time than the newest
 * record of back then, so a record newer than that floor was either written since or never.
 */
export class SeenFilter {
  readonly #options: SeenFilterOptions;
  readonly #newest = new Map<number, bigint>();
  #current: Generation | undefined;
  #older: Generation | undefined;

  constructor(options: SeenFilterOptions = DEFAULTS) {
    this.#options = options;
  }

  /** Whether `begin` has been called for the table. */
  has(tableId: number): boolean {
    return this.#newest.has(tableId);
  }

  /** Takes up a table whose newest row has this time (-1 where it has none). Nothing is known of the rows it has. */
  begin(tableId: number, newestNs: bigint): void {
    this.#newest.set(tableId, newestNs);
    this.#current ??= this.#generation(undefined);
    this.#current.floors.set(tableId, newestNs);
    this.#older?.floors.set(tableId, newestNs);
  }

  /** False: there is no such record in the table. True: there may be. */
  mayHave(tableId: number, identity: Identity, timeNs: bigint): boolean {
    const oldest = this.#older ?? this.#current;
    const floor = oldest?.floors.get(tableId);
    if (!oldest || floor === undefined || timeNs <= floor) return true;
    const { first, step } = this.#probe(tableId, identity, timeNs);
    return this.#contains(this.#current, first, step) || this.#contains(this.#older, first, step);
  }

  /** Remembers a record of a table that has begun. */
  add(tableId: number, identity: Identity, timeNs: bigint): void {
    const newest = this.#newest.get(tableId);
    const generation = this.#current;
    if (!generation || newest === undefined) throw new Error(`Expected table ${tableId} to have begun`);
    if (timeNs > newest) this.#newest.set(tableId, timeNs);
    const { first, step } = this.#probe(tableId, identity, timeNs);
    for (let n = 0, at = first; n < PROBES; n++, at = (at + step) >>> 0) {
      const bit = at & (this.#options.bits - 1);
      const word = bit >>> 5;
      generation.words[word] = (generation.words[word] ?? 0) | (1 << (bit & 31));
    }
    if (++generation.records < this.#options.recordsMax) return;
    const forgotten = this.#older;
    this.#older = generation;
    this.#current = this.#generation(forgotten);
  }

  #generation(reused: Generation | undefined): Generation {
    const words = reused?.words.fill(0) ?? new Uint32Array(this.#options.bits / 32);
    return { words, records: 0, floors: new Map(this.#newest) };
  }

  #contains(generation: Generation | undefined, first: number, step: number): boolean {
    if (!generation) return false;
    for (let n = 0, at = first; n < PROBES; n++, at = (at + step) >>> 0) {
      const bit = at & (this.#options.bits - 1);
      if (((generation.words[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  /** Start and stride of the bits of a record, from its hash, its time and its table. */
  #probe(tableId: number, { high, low }: Identity, timeNs: bigint): { first: number; step: number } {
    const time = Number(BigInt.asUintN(32, timeNs ^ (timeNs >> 32n))) ^ Math.imul(tableId, 0x9e3779b1);
    const first = (Number(BigInt.asUintN(32, high)) ^ Math.imul(time, 0x85ebca6b)) >>> 0;
    const step = ((Number(BigInt.asUintN(32, low)) ^ Math.imul(time, 0xc2b2ae35)) | 1) >>> 0;
    return { first, step };
  }
}

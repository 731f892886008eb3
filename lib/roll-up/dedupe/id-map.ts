/** Bytes that a message id leaves in the ledger. */
export const idBytes = 8;

/** Words of a slot: the two halves of the id, and its number; 0 where the slot is free. */
const slotWords = 3;
/** Fuller, a search for an id that is not there would take many steps. */
const fullest = 3 / 4;
const growth = 1.5;

/** Random words by the value of each of an id's bytes: the first byte's 256 words, then the second's, and so on. */
const tables = crypto.getRandomValues(new Uint32Array(idBytes * 256));

/**
 * 32 bits that nobody outside this process can tell from the id (tabulation hashing). With them linear probing takes a
 * constant number of steps on average, whatever ids a sender chooses (Patrascu and Thorup, "The power of simple
 * tabulation hashing", 2012, section 3).
 */
const scattered = (high: number, low: number): number =>
  ((tables[high >>> 24] ?? 0) ^
    (tables[256 + ((high >>> 16) & 0xff)] ?? 0) ^
    (tables[512 + ((high >>> 8) & 0xff)] ?? 0) ^
    (tables[768 + (high & 0xff)] ?? 0) ^
    (tables[1_024 + (low >>> 24)] ?? 0) ^
    (tables[1_280 + ((low >>> 16) & 0xff)] ?? 0) ^
    (tables[1_536 + ((low >>> 8) & 0xff)] ?? 0) ^
    (tables[1_792 + (low & 0xff)] ?? 0)) >>>
  0;

/**
 * Message ids as 64-bit hashes, each with a number above 0: one typed array with open addressing, so that the garbage
 * collector has no object to visit for an id. An id takes 16 bytes where the map was made for as many as there are, and
 * at most 24 where it grew. Among ten million ids, a new one is taken for a known one with a chance of 1 in 10^12.
 */
export class IdMap {
  #slots: Uint32Array;
  #capacity: number;
  #size = 0;

  /** `expected` ids fit without growing. */
  constructor(expected = 512) {
    this.#capacity = Math.ceil(Math.max(16, expected + 1) / fullest);
    this.#slots = new Uint32Array(this.#capacity * slotWords);
  }

  get size(): number {
    return this.#size;
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** The most slots that a search may have to look at: the longest run of slots without a free one between them. */
  get longestRun(): number {
    const slots = this.#slots.length / slotWords;
    const isFree = (slot: number): boolean => this.#slots[(slot % slots) * slotWords + 2] === 0;
    let [longest, run] = [0, 0];
    // Twice around: a run may go over the end.
    for (let slot = 0; slot < 2 * slots && run < slots; slot++) {
      run = isFree(slot) ? 0 : run + 1;
      longest = Math.max(longest, run);
    }
    return longest;
  }

  /** The id's number; 0 where it is not there. */
  get(high: number, low: number): number {
    return this.#slots[this.#place(high, low) + 2] ?? 0;
  }

  /** Gives the id a number; false where it had one, which a greater one replaces. */
  add(high: number, low: number, value: number): boolean {
    const place = this.#place(high, low);
    const held = this.#slots[place + 2] ?? 0;
    if (held === 0 && this.#size + 1 > this.#capacity * fullest) {
      this.#grow();
      return this.add(high, low, value);
    }
    if (value > held) this.#slots[place + 2] = value;
    if (held !== 0) return false;
    this.#slots[place] = high;
    this.#slots[place + 1] = low;
    this.#size++;
    return true;
  }

  /** Adds ids in the form of `toBytes`. */
  addBytes(bytes: Buffer, value: number): void {
    for (let offset = 0; offset + idBytes <= bytes.length; offset += idBytes) {
      this.add(bytes.readUInt32BE(offset), bytes.readUInt32BE(offset + 4), value);
    }
  }

  /** Drops all ids with a number below the given one; it takes no memory. */
  forget(below: number): void {
    for (let place = 0; place < this.#slots.length; ) {
      const value = this.#slots[place + 2] ?? 0;
      if (value === 0 || value >= below) place += slotWords;
      // What moves up into the slot is looked at next.
      else this.#free(place);
    }
  }

  /** The set of all ids, big-endian, 8 bytes each, in no particular order: another process lists them in another. */
  toBytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#size * idBytes);
    let offset = 0;
    for (let place = 0; place < this.#slots.length; place += slotWords) {
      if (this.#slots[place + 2] === 0) continue;
      offset = bytes.writeUInt32BE(this.#slots[place] ?? 0, offset);
      offset = bytes.writeUInt32BE(this.#slots[place + 1] ?? 0, offset);
    }
    return bytes;
  }

  /** First word of the slot that the id should have. */
  #home(high: number, low: number): number {
    return (scattered(high, low) % this.#capacity) * slotWords;
  }

  /** Where the id is, or would go: the first word of the slot. */
  #place(high: number, low: number): number {
    const slots = this.#slots;
    let place = this.#home(high, low);
    while (slots[place + 2] !== 0 && (slots[place] !== high || slots[place + 1] !== low)) {
      place += slotWords;
      if (place === slots.length) place = 0;
    }
    return place;
  }

  /** Frees a slot, and moves up what was pushed behind it: a search ends at the first free slot. */
  #free(place: number): void {
    const slots = this.#slots;
    let free = place;
    for (let next = this.#behind(free); slots[next + 2] !== 0; next = this.#behind(next)) {
      const home = this.#home(slots[next] ?? 0, slots[next + 1] ?? 0);
      // It stays where its home lies behind the free slot, the table being a ring.
      if (free <= next ? free < home && home <= next : free < home || home <= next) continue;
      slots.copyWithin(free, next, next + slotWords);
      free = next;
    }
    slots.fill(0, free, free + slotWords);
    this.#size--;
  }

  #behind(place: number): number {
    return place + slotWords === this.#slots.length ? 0 : place + slotWords;
  }

  #grow(): void {
    const slots = this.#slots;
    this.#capacity = Math.ceil(this.#capacity * growth);
    this.#slots = new Uint32Array(this.#capacity * slotWords);
    this.#size = 0;
    for (let place = 0; place < slots.length; place += slotWords) {
      const value = slots[place + 2] ?? 0;
      if (value !== 0) this.add(slots[place] ?? 0, slots[place + 1] ?? 0, value);
    }
  }
}

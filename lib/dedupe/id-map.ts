/** Bytes that a message id leaves in the ledger. */
export const idBytes = 8;

/**
 * Message ids as 64-bit hashes, each with a number above 0: three typed arrays with open addressing, so that a million
 * ids are no object for the garbage collector to visit. Among ten million ids, a new one is taken for a known one with
 * a chance of 1 in 10^12.
 */
export class IdMap {
  #high: Uint32Array;
  #low: Uint32Array;
  #value: Uint32Array;
  #mask: number;
  #size = 0;

  /** `expected` ids fit without growing. */
  constructor(expected = 512) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(16, expected * 2)));
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#value = new Uint32Array(capacity);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** The id's number; 0 where it is not there. */
  get(high: number, low: number): number {
    return this.#value[this.#place(high, low)] ?? 0;
  }

  /** Gives the id a number; false where it had one, which a greater one replaces. */
  add(high: number, low: number, value: number): boolean {
    const place = this.#place(high, low);
    const held = this.#value[place] ?? 0;
    if (held === 0 && (this.#size + 1) * 2 > this.#mask) {
      this.#grow();
      return this.add(high, low, value);
    }
    if (value > held) this.#value[place] = value;
    if (held !== 0) return false;
    this.#high[place] = high;
    this.#low[place] = low;
    this.#size++;
    return true;
  }

  /** Adds ids in the form of `toBytes`. */
  addBytes(bytes: Buffer, value: number): void {
    for (let offset = 0; offset + idBytes <= bytes.length; offset += idBytes) {
      this.add(bytes.readUInt32BE(offset), bytes.readUInt32BE(offset + 4), value);
    }
  }

  /** All ids, big-endian, 8 bytes each. */
  toBytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#size * idBytes);
    let offset = 0;
    for (let place = 0; place <= this.#mask; place++) {
      if (this.#value[place] === 0) continue;
      offset = bytes.writeUInt32BE(this.#high[place] ?? 0, offset);
      offset = bytes.writeUInt32BE(this.#low[place] ?? 0, offset);
    }
    return bytes;
  }

  /** Where the id is, or would go. */
  #place(high: number, low: number): number {
    let place = low & this.#mask;
    while (this.#value[place] !== 0 && (this.#high[place] !== high || this.#low[place] !== low)) {
      place = (place + 1) & this.#mask;
    }
    return place;
  }

  #grow(): void {
    const [highs, lows, values] = [this.#high, this.#low, this.#value];
    const capacity = highs.length * 2;
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#value = new Uint32Array(capacity);
    this.#mask = capacity - 1;
    this.#size = 0;
    for (let index = 0; index < values.length; index++) {
      const value = values[index] ?? 0;
      if (value !== 0) this.add(highs[index] ?? 0, lows[index] ?? 0, value);
    }
  }
}

import { randomBytes } from "node:crypto";
import { hashKeyBytes } from "../../store/ledger/ledger.ts";

/** The two halves of a 64-bit hash. One object is written again and again, so that none is made for each event. */
export interface MessageHash {
  high: number;
  low: number;
}

/** What identifies a message: an id counts within its source. */
export interface MessageName {
  /** Name of the source, as the collector sets it; "" for an event that names none. */
  readonly source: string;
  readonly messageId: string;
}

/** The name as one text: different names have different texts. */
export const nameText = ({ source, messageId }: MessageName): string => JSON.stringify([source, messageId]);

/** UTF-16 units in a word of 8 bytes. */
const unitsPerWord = 4;

/**
 * Hashes message names to 64 bits with SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
 * Without the key nobody can tell which names share a hash: no sender can make up an id that takes the place of another
 * source's, or many ids that share a slot.
 *
 * The bytes that are hashed tell every name from every other: the length of the source in 8 bytes, the source in
 * UTF-16LE padded with zeros to a multiple of 8 bytes, the id in UTF-16LE.
 */
export class MessageHasher {
  /** v0 to v3 before any input, the low word of each first. */
  readonly #start = new Int32Array(8);
  readonly #state = new Int32Array(8);
  /** The state after the source hashed last: most messages follow one of the same source. */
  readonly #afterSource = new Int32Array(8);
  #source: string | undefined;
  #sourceBytes = 0;

  /** `key` is a secret of 16 bytes, the same for all processes that share a ledger. */
  constructor(key: Uint8Array) {
    if (key.length !== hashKeyBytes) throw new Error(`Expected a key of ${hashKeyBytes} bytes, got ${key.length}`);
    const words = new DataView(key.buffer, key.byteOffset, key.byteLength);
    const keyWord = (place: number): number => words.getInt32((place % 4) * 4, true);
    for (const [place, constant] of initialWords.entries()) this.#start[place] = constant ^ keyWord(place);
  }

  /** A hasher for work that leaves nothing in a ledger. */
  static ofProcess(): MessageHasher {
    return new MessageHasher(randomBytes(hashKeyBytes));
  }

  /** Writes the hash of a message name. The high half is never 0. */
  hash(source: string, messageId: string, into: MessageHash): void {
    if (source !== this.#source) this.#absorb(source);
    sipHash(this.#afterSource, messageId, this.#sourceBytes + messageId.length * 2, this.#state);
    const state = this.#state;
    const high = word(state, 1) ^ word(state, 3) ^ word(state, 5) ^ word(state, 7);
    into.high = high === 0 ? 1 : high >>> 0;
    into.low = (word(state, 0) ^ word(state, 2) ^ word(state, 4) ^ word(state, 6)) >>> 0;
  }

  #absorb(source: string): void {
    const { length } = source;
    const padding = "\u0000".repeat(-length & (unitsPerWord - 1));
    const text = `${String.fromCharCode(length & 0xffff, length >>> 16, 0, 0)}${source}${padding}`;
    sipHash(this.#start, text, undefined, this.#afterSource);
    this.#source = source;
    this.#sourceBytes = text.length * 2;
  }
}

/** "somepseudorandomlygeneratedbytes", as SipHash begins. */
const initialWords = [
  0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462,
] as const;

const word = (state: Int32Array, place: number): number => state[place] ?? 0;

const compressionRounds = 2;
const finalRounds = 4;

/**
 * The state `to` after a text, 4 UTF-16 units a word, was taken into the state `from`. Where `bytes` says how long all
 * of the input is, the text is its end. Without it the text must be whole words. One function with local variables,
 * since it is called for every event: half the time that `node:crypto` takes for a SHA-256.
 */
function sipHash(from: Int32Array, text: string, bytes: number | undefined, to: Int32Array): void {
  let al = word(from, 0);
  let ah = word(from, 1);
  let bl = word(from, 2);
  let bh = word(from, 3);
  let cl = word(from, 4);
  let ch = word(from, 5);
  let dl = word(from, 6);
  let dh = word(from, 7);
  const whole = text.length - (text.length % unitsPerWord);
  const end = bytes === undefined ? whole : whole + 2 * unitsPerWord;
  for (let at = 0; at < end; at += unitsPerWord) {
    let low = 0;
    let high = 0;
    let rounds = compressionRounds;
    if (at < whole) {
      low = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
      high = text.charCodeAt(at + 2) | (text.charCodeAt(at + 3) << 16);
    } else if (at === whole) {
      if (at < text.length) low = text.charCodeAt(at);
      if (at + 1 < text.length) low |= text.charCodeAt(at + 1) << 16;
      if (at + 2 < text.length) high = text.charCodeAt(at + 2);
      high |= (bytes ?? 0) << 24;
    } else {
      cl ^= 0xff;
      rounds = finalRounds;
    }
    dl ^= low;
    dh ^= high;
    for (; rounds > 0; rounds--) {
      // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
      al = (al + bl) | 0;
      ah = (ah + bh + (al >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
      let turned = (bl << 13) | (bh >>> 19);
      bh = ((bh << 13) | (bl >>> 19)) ^ ah;
      bl = turned ^ al;
      turned = al;
      al = ah;
      ah = turned;
      // v2 += v3; v3 = rotl(v3, 16) ^ v2
      cl = (cl + dl) | 0;
      ch = (ch + dh + (cl >>> 0 < dl >>> 0 ? 1 : 0)) | 0;
      turned = (dl << 16) | (dh >>> 16);
      dh = ((dh << 16) | (dl >>> 16)) ^ ch;
      dl = turned ^ cl;
      // v0 += v3; v3 = rotl(v3, 21) ^ v0
      al = (al + dl) | 0;
      ah = (ah + dh + (al >>> 0 < dl >>> 0 ? 1 : 0)) | 0;
      turned = (dl << 21) | (dh >>> 11);
      dh = ((dh << 21) | (dl >>> 11)) ^ ah;
      dl = turned ^ al;
      // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
      cl = (cl + bl) | 0;
      ch = (ch + bh + (cl >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
      turned = (bl << 17) | (bh >>> 15);
      bh = ((bh << 17) | (bl >>> 15)) ^ ch;
      bl = turned ^ cl;
      turned = cl;
      cl = ch;
      ch = turned;
    }
    al ^= low;
    ah ^= high;
  }
  to[0] = al;
  to[1] = ah;
  to[2] = bl;
  to[3] = bh;
  to[4] = cl;
  to[5] = ch;
  to[6] = dl;
  to[7] = dh;
}

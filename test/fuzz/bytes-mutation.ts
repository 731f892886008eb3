import type { Random } from "../simulation/random.ts";
import { oddName, oddValue } from "./odd-values.ts";

/** Makes other bytes of some; `other` is for splicing. Never writes into what it was given. */
type Mutation = (data: Buffer, random: Random, other: () => Buffer) => Buffer;

const spliced = (data: Buffer, from: number, to: number, by: Buffer): Buffer =>
  Buffer.concat([data.subarray(0, from), by, data.subarray(to)]);

/** Bytes that mean something to one of the formats, or nothing to UTF-8. */
const tokens = [
  ...["{", "}", "[", "]", '"', "\\", ",", ":", "\n", "\r\n", "\u0000", "\ufeff", " ", "e999", "-", '"__proto__":'].map(
    (text) => Buffer.from(text),
  ),
  ...["1f8b", "1f8b08", "28b52ffd", "f3899ac2", "c080", "eda080", "f8888080", "ff", "fffe", "f4908080", "00000000"].map(
    (hex) => Buffer.from(hex, "hex"),
  ),
  ...["1a7f", "1affffffffffffffffff01", "1affffffff0f", "0800", "221a", "7b7d0a", "28b52ffd2000010000"].map((hex) =>
    Buffer.from(hex, "hex"),
  ),
];
const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x7b, 0x5b, 0x0a, 0x1f, 0x8b];

const mutations: readonly Mutation[] = [
  function flippedBit(data, random) {
    const changed = Buffer.from(data);
    const place = random.below(changed.length);
    changed[place] = (changed[place] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  function changedByte(data, random) {
    const changed = Buffer.from(data);
    changed[random.below(changed.length)] = random.pick(interesting);
    return changed;
  },
  // A length in any of the formats is four bytes at most, in either order.
  function changedLength(data, random) {
    const changed = Buffer.from(data);
    const place = random.below(Math.max(1, changed.length - 4));
    const value = random.pick([0, 1, changed.length, 2 ** 31 - 1, 2 ** 32 - 1, random.below(2 ** 32)]);
    const bytes = Buffer.alloc(4);
    if (random.chance(0.5)) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    bytes.copy(changed, place);
    return changed;
  },
  function inserted(data, random) {
    const place = random.below(data.length + 1);
    return spliced(data, place, place, random.pick(tokens));
  },
  function deleted(data, random) {
    const from = random.below(data.length);
    return spliced(data, from, from + 1 + random.below(16), Buffer.alloc(0));
  },
  (data, random) => data.subarray(0, random.below(data.length)),
  (data, random) => data.subarray(random.below(data.length)),
  function repeated(data, random) {
    const from = random.below(data.length);
    const chunk = data.subarray(from, from + 1 + random.below(64));
    const times = random.chance(0.02) ? 2_000 : random.between(1, 20);
    return spliced(data, from, from, Buffer.concat(Array<Buffer>(times).fill(chunk)));
  },
  function splicedWithAnother(data, random, other) {
    const tail = other();
    return Buffer.concat([
      data.subarray(0, random.below(data.length + 1)),
      tail.subarray(random.below(tail.length + 1)),
    ]);
  },
  (data, _random, other) => Buffer.concat([data, other()]),
  function oddInTheMiddle(data, random) {
    const colon = data.indexOf(random.pick([":", ","]), random.below(data.length));
    const place = colon === -1 ? data.length : colon + 1;
    return spliced(data, place, place, Buffer.from(oddValue(random)));
  },
  function valueReplaced(data, random) {
    const colon = data.indexOf(":", random.below(data.length));
    const end = colon === -1 ? -1 : data.indexOf(",", colon);
    return end === -1 ? data : spliced(data, colon + 1, end, Buffer.from(oddValue(random)));
  },
  function memberAdded(data, random) {
    const brace = data.indexOf("{", random.below(data.length));
    const member = Buffer.from(`${JSON.stringify(oddName(random))}:${oddValue(random)},`);
    return brace === -1 ? data : spliced(data, brace + 1, brace + 1, member);
  },
];

/** The bytes after one to three mutations. */
export function mutated(data: Buffer, random: Random, other: () => Buffer): Buffer {
  let changed = data;
  for (let times = random.between(1, 3); times > 0; times--) {
    changed = random.pick(mutations)(changed.length === 0 ? Buffer.from([0]) : changed, random, other);
  }
  return changed;
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageHasher, nameText } from "../../../../lib/roll-up/dedupe/message-hash.ts";

const mask = 2n ** 64n - 1n;
const turned = (word: bigint, by: bigint): bigint => ((word << by) | (word >> (64n - by))) & mask;

/** SipHash-2-4 in the words of its paper, over bytes. */
function sipHash(key: Buffer, message: Buffer): bigint {
  const [k0, k1] = [key.readBigUInt64LE(0), key.readBigUInt64LE(8)];
  let [v0, v1] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn];
  let [v2, v3] = [k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n];
  const round = (): void => {
    v0 = (v0 + v1) & mask;
    v1 = turned(v1, 13n) ^ v0;
    v0 = turned(v0, 32n);
    v2 = (v2 + v3) & mask;
    v3 = turned(v3, 16n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = turned(v3, 21n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = turned(v1, 17n) ^ v2;
    v2 = turned(v2, 32n);
  };
  const whole = Buffer.concat([message, Buffer.alloc(7 - (message.length % 8)), Buffer.from([message.length & 0xff])]);
  for (let offset = 0; offset < whole.length; offset += 8) {
    const word = whole.readBigUInt64LE(offset);
    v3 ^= word;
    for (let rounds = 0; rounds < 2; rounds++) round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let rounds = 0; rounds < 4; rounds++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

/** What is hashed of a name, as it is documented. */
function bytesOf(source: string, messageId: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeUInt32LE(source.length);
  const text = Buffer.from(source, "utf16le");
  return Buffer.concat([length, text, Buffer.alloc(-text.length & 7), Buffer.from(messageId, "utf16le")]);
}

const anyText = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.string({ maxLength: 9 }));
const anyKey = fc.uint8Array({ minLength: 16, maxLength: 16 });
const hashOf = (hasher: MessageHasher, source: string, messageId: string): bigint => {
  const hash = { high: 0, low: 0 };
  hasher.hash(source, messageId, hash);
  return (BigInt(hash.high) << 32n) | BigInt(hash.low);
};

test("the reference is SipHash-2-4: the example of the paper's appendix A", () => {
  const key = Buffer.from(Array.from({ length: 16 }, (_, index) => index));
  const message = Buffer.from(Array.from({ length: 15 }, (_, index) => index));
  expect(sipHash(key, message)).toBe(0xa129ca6149be45e5n);
});

test("a name is hashed with SipHash-2-4, whatever was hashed before it", () => {
  fc.assert(
    fc.property(anyKey, fc.array(fc.tuple(anyText, anyText), { minLength: 1, maxLength: 6 }), (key, names) => {
      const hasher = new MessageHasher(key);
      for (const [source, messageId] of names) {
        expect(hashOf(hasher, source, messageId)).toBe(sipHash(Buffer.from(key), bytesOf(source, messageId)));
      }
    }),
  );
});

test("a source of any length is hashed as it is documented", () => {
  const key = Buffer.alloc(16, 7);
  for (const length of [0xffff, 0x10000, 0x1_2345]) {
    const source = "s".repeat(length);
    expect(hashOf(new MessageHasher(key), source, "m")).toBe(sipHash(key, bytesOf(source, "m")));
  }
});

/** The low and high words that v0 to v3 begin with, before the key. */
const [v0Low, v0High, v1High, v2Low, v3Low] = [0x70736575, 0x736f6d65, 0x646f7261, 0x6e657261, 0x79746573] as const;

test.each<[string, [number, number, number, number]]>([
  ["v0 + v1", [v0Low, 0, 0, 0]],
  ["v2 + v3", [v2Low, 0, 0, 0]],
  ["v0 + v3", [v0Low, 0, 0, v1High ^ -v0High]],
  ["v2 + v1", [0, 0, v3Low ^ -v2Low, 0]],
])("words that are added carry nothing where one of them is 0: in the first %s under this key", (_, words) => {
  const key = Buffer.from(Int32Array.from(words).buffer);
  const hasher = new MessageHasher(key);
  for (const id of ["", "m", "message"]) expect(hashOf(hasher, "", id)).toBe(sipHash(key, bytesOf("", id)));
});

test("two names have the same bytes, and the same text, only where source and id are the same", () => {
  const few = fc.string({ unit: fc.constantFrom("a", "\u0000", '"', ",", "\\"), maxLength: 9 });
  fc.assert(
    fc.property(few, few, few, few, (source, messageId, otherSource, otherId) => {
      const isSame = source === otherSource && messageId === otherId;
      expect(bytesOf(source, messageId).equals(bytesOf(otherSource, otherId))).toBe(isSame);
      const other = { source: otherSource, messageId: otherId };
      expect(nameText({ source, messageId }) === nameText(other)).toBe(isSame);
    }),
    { numRuns: 2_000 },
  );
});

test("another key gives other hashes, and a process draws its own", () => {
  const [one, other] = [MessageHasher.ofProcess(), MessageHasher.ofProcess()];
  const same = Array.from({ length: 1_000 }, (_, index) => `order-${index}`).filter(
    (id) => hashOf(one, "shop", id) === hashOf(other, "shop", id),
  );
  expect(same).toEqual([]);
  expect(() => new MessageHasher(new Uint8Array(8))).toThrow("Expected a key of 16 bytes, got 8");
});

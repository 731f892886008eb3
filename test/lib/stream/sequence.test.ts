import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareSequence, paddedSequence } from "../../../lib/stream/sequence.ts";

const sequence = fc.bigInt({ min: 0n, max: 10n ** 129n - 1n }).map(String);

describe("sequence numbers", () => {
  it("compare as the numbers they are, however long, and so does their padded text", () => {
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        const order = BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
        expect(Math.sign(compareSequence(a, b))).toBe(order);
        const [first, second] = [paddedSequence(a), paddedSequence(b)];
        expect(first < second ? -1 : first > second ? 1 : 0).toBe(order);
        expect(first).toHaveLength(129);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldedUnder, foldName } from "../../../../lib/roll-up/fold-name.ts";
import { packNames, unpackNames } from "../../../../lib/store/ledger/packed-names.ts";

const whole = { firstSequence: "1", lastSequence: "9".repeat(56) };

/** Names as takeovers make them: each with the marks of the one before it and some more. */
const takenOver = fc
  .array(
    fc.record({
      hash: fc.constantFrom("a1", "b2"),
      marks: fc.array(
        fc.record({ sequenceNumber: fc.integer({ min: 1, max: 400 }).map(String), kills: fc.boolean() }),
        {
          maxLength: 3,
        },
      ),
    }),
    { maxLength: 12 },
  )
  .map((takeovers) => {
    const names: string[] = [];
    for (const { hash, marks } of takeovers) names.push(foldName(foldedUnder(hash, whole, marks, names.at(-1))));
    return names;
  });

describe("the names that a part was folded under", () => {
  it("come back as they were, as many as there were", () => {
    fc.assert(
      fc.property(takenOver, (names) => {
        expect(packNames(names)).toHaveLength(names.length);
        expect(unpackNames(packNames(names))).toEqual(names);
      }),
    );
  });

  it("come back whatever they are", () => {
    const name = fc.array(fc.constantFrom("a", "10", "9", "9!", "10!", ""), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(name.map((parts) => parts.join())), (names) => {
        expect(unpackNames(packNames(names))).toEqual(names);
      }),
    );
  });

  it("are kept as they are where nothing is skipped", () => {
    expect(packNames(["a1", "b2", "a1"])).toEqual(["a1", "b2", "a1"]);
  });

  it("say each skipped record once, however often it is in force", () => {
    expect(packNames(["a1,10,20", "b2,10,20", "a1,10,20,30!", "a1,10!,20,30!"])).toEqual([
      "a1,10,20",
      "b2+",
      "a1+30!",
      "a1+10!",
    ]);
    expect(packNames(["a1,10,30", "b2,10,20,30"])).toEqual(["a1,10,30", "b2+20"]);
  });
});

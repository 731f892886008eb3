import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKeys } from "../../../local/s3/key-order.ts";
import { type ListingRequest, listing } from "../../../local/s3/listing.ts";

const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "\uffff", "😀", "\u{10ffff}"), minLength: 1 });
const keys = fc.uniqueArray(key, { maxLength: 40 }).map((list) => list.toSorted(compareKeys));

function allPages(sorted: readonly string[], request: Omit<ListingRequest, "after">) {
  const found: string[] = [];
  let pages = 0;
  let after: ListingRequest["after"];
  do {
    const page = listing(sorted, { ...request, ...(after === undefined ? {} : { after }) });
    found.push(...page.keys, ...page.commonPrefixes);
    expect(page.keys.length + page.commonPrefixes.length).toBeLessThanOrEqual(request.keysMax);
    after = page.next;
    pages += 1;
  } while (after !== undefined);
  return { found, pages };
}

describe("listing", () => {
  it("orders keys as their UTF-8 bytes are ordered", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (left, right) => {
        expect(Math.sign(compareKeys(left, right))).toBe(Buffer.from(left).compare(Buffer.from(right)));
      }),
    );
  });

  it("brings every key, or the common prefix it is below, once, however it is cut into pages", () => {
    fc.assert(
      fc.property(
        keys,
        fc.constantFrom("", "a", "a/", "é"),
        fc.constantFrom("", "/", "b", "ab"),
        fc.integer({ min: 1, max: 5 }),
        (sorted, prefix, delimiter, keysMax) => {
          const { found } = allPages(sorted, { prefix, delimiter, keysMax });
          const expected = sorted.flatMap((each) => {
            if (!each.startsWith(prefix)) return [];
            const at = delimiter === "" ? -1 : each.indexOf(delimiter, prefix.length);
            return [at < 0 ? each : each.slice(0, at + delimiter.length)];
          });
          expect(found.toSorted()).toEqual([...new Set(expected)].toSorted());
          expect(new Set(found).size).toBe(found.length);
        },
      ),
    );
  });

  it("starts after the given key, whether or not it is there", () => {
    fc.assert(
      fc.property(keys, key, (sorted, after) => {
        const page = listing(sorted, { prefix: "", delimiter: "", keysMax: 1000, after: { key: after } });
        expect(page.keys).toEqual(sorted.filter((each) => compareKeys(each, after) > 0));
      }),
    );
  });
});

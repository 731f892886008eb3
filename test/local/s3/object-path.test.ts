import { isAbsolute, normalize } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOfPath, objectPath } from "../../../local/s3/object-path.ts";

const awkward = ["", ".", "..", "a", "A", "a.b", "a%", "%", "%%", "%long", "con", "é", "e\u0301", "a:b", "\u0000", "~"];
const segment = fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: "binary" }), fc.string());
const key = fc
  .array(segment, { minLength: 1, maxLength: 6 })
  .map((segments) => segments.join("/"))
  .filter((text) => text !== "" && text.isWellFormed());

describe("the file of a key", () => {
  it("is inside the bucket's folder, in plain characters, and no longer than file systems take", () => {
    const long = fc.string({ unit: "binary", minLength: 300, maxLength: 1024 });
    fc.assert(
      fc.property(fc.oneof(key, long), (text) => {
        const path = objectPath(text);
        expect(isAbsolute(path)).toBe(false);
        expect(normalize(path)).toBe(path);
        expect(path).toMatch(/^[a-z0-9_=.%/-]{1,400}$/);
        for (const name of path.split("/")) expect(name).toMatch(/^[^.].{0,200}$/);
      }),
    );
  });

  it("leads back to the key", () => {
    fc.assert(
      fc.property(key, (text) => {
        const path = objectPath(text);
        fc.pre(!path.startsWith("%long/"));
        expect(keyOfPath(path)).toBe(text);
      }),
    );
  });

  it("is no other key's file, and not where another key has a folder", () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        fc.pre(one !== other);
        expect(objectPath(one)).not.toBe(objectPath(other));
        expect(objectPath(one).startsWith(`${objectPath(other)}/`)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["quarantine/2026/11/30/part-0001.json", "quarantine/2026/11/30/part-0001.json"],
    ["a", "a%"],
    ["a/b", "a/b%"],
    ["a/", "a/%"],
    ["../x.y", "%2e%2e/x.y"],
    ["a//B.gz", "a/%%/%42.gz"],
  ])("of %j reads %j", (text, path) => {
    expect(objectPath(text)).toBe(path);
  });
});

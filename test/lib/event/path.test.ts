import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathReader } from "../../../lib/event/path.ts";

const at = (path: string, fields: unknown): unknown => pathReader(path)(JSON.parse(JSON.stringify(fields)));

describe("a dotted path", () => {
  it("finds the value at any depth, and nothing beside it", () => {
    const name = fc.stringMatching(/^[a-z]{1,6}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 10 }), fc.jsonValue(), name, (names, value, other) => {
        const fields = names.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
        expect(at(names.join("."), fields)).toEqual(JSON.parse(JSON.stringify(value)));
        if (other !== names.at(-1)) expect(at([...names.slice(0, -1), other].join("."), fields)).toBeUndefined();
      }),
    );
  });

  it("finds nothing where the way ends early", () => {
    for (const properties of [undefined, null, 5, "text", true, [], {}]) {
      for (const path of ["properties.a", "properties.a.b", "properties.a.b.c", "properties.a.b.c.d"]) {
        expect(at(path, { properties })).toBeUndefined();
      }
    }
  });

  it("goes into a list by number", () => {
    const fields = { properties: { products: [{ price: 1 }, { price: 2 }] } };
    expect(at("properties.products.1.price", fields)).toBe(2);
    expect(at("properties.products.2.price", fields)).toBeUndefined();
  });

  it("never finds what lists and texts have of their own", () => {
    for (const name of ["length", "find", "filter", "values", "sort", "at", "map", "keys"]) {
      expect(at(`properties.${name}`, { properties: [1, 2] })).toBeUndefined();
      expect(at(`properties.list.${name}`, { properties: { list: [1, 2] } })).toBeUndefined();
      expect(at(`properties.list.a.b.${name}`, { properties: { list: { a: { b: [] } } } })).toBeUndefined();
      expect(at(`properties.${name}`, { properties: "text" })).toBeUndefined();
    }
  });
});

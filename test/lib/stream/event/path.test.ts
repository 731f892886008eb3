import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { namesOfPath, pathReader } from "../../../../lib/stream/event/path.ts";

const at = (path: string, fields: unknown): unknown => pathReader(path)(JSON.parse(JSON.stringify(fields)));

describe("a dotted path", () => {
  it("finds the value at any depth, and nothing beside it", () => {
    const name = fc.stringMatching(/^[a-z]{1,6}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 10 }), fc.jsonValue(), name, (names, value, other) => {
        const fields = names.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
        expect(at(names.join("."), fields) ?? null).toEqual(JSON.parse(JSON.stringify(value)));
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

describe("a flat name", () => {
  it("is named by a dotted path in every way in which dots can be part of names", () => {
    expect(namesOfPath("a")).toEqual([["a"]]);
    expect(namesOfPath("a.b.c")).toEqual([["a", "b", "c"], ["a", "b.c"], ["a.b", "c"], ["a.b.c"]]);
  });

  it("is found like the nested value, wherever the dots are", () => {
    const names = fc.array(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(names, fc.nat(), fc.string(), (path, which, value) => {
        const ways = namesOfPath(path.join("."));
        const way = ways[which % ways.length] ?? [];
        const fields = way.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
        expect(at(path.join("."), fields)).toBe(value);
      }),
    );
  });

  it.each<[title: string, fields: unknown, value: unknown]>([
    ["the nested value wins", { properties: { user: { email: "nested" }, "user.email": "flat" } }, "nested"],
    ["also one that is empty", { properties: { user: { email: "" }, "user.email": "flat" } }, ""],
    ["also zero", { properties: { user: { email: 0 }, "user.email": "flat" } }, 0],
    ["null is no value", { properties: { user: { email: null }, "user.email": "flat" } }, "flat"],
    ["nor is a value on the way that has none", { properties: { user: "me", "user.email": "flat" } }, "flat"],
    [
      "two names in one go before all three",
      { "properties.user.email": "all", properties: { "user.email": "two" } },
      "two",
    ],
    ["all in one", { "properties.user.email": "flat" }, "flat"],
    ["in a list", { properties: [{}], "properties.user": { email: "flat" } }, "flat"],
    ["nothing", { properties: { user: {} } }, undefined],
  ])("and the nested one: %s", (_title, fields, value) => {
    expect(at("properties.user.email", fields)).toBe(value);
  });

  it("is found in a list by number", () => {
    expect(at("properties.products.1.price", { properties: { products: [{}, { price: 2 }] } })).toBe(2);
    expect(at("properties.products.1.price", { properties: { "products.1.price": 2 } })).toBe(2);
    expect(at("properties.products.0.a.price", { properties: { products: [{ "a.price": 3 }] } })).toBe(3);
  });

  it("is looked for in few steps, though a path of ten names has 512 ways", () => {
    const path = "a.b.c.d.e.f.g.h.i.j";
    expect(at(path, { a: { b: 1 }, "a.b": [] })).toBeUndefined();
    expect(at(path, { "a.b": { "c.d": { "e.f": { "g.h.i": { j: 5 } } } } })).toBe(5);
  });
});

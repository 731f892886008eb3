import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { PlannedSchema } from "../../../../lib/config/planned-schema.ts";
import { compilePlan } from "../../../../lib/config/tracking-plan/compile.ts";
import { CompiledPlan } from "../../../../lib/config/tracking-plan/compiled-plan.ts";
import { parseJsonToWrite } from "../../../../lib/stream/event/json.ts";
import { compiled, planOf, sold, violationsOf } from "./plans.ts";

describe("a tracking plan", () => {
  const order = z.object({
    revenue: z.number().min(0),
    currency: z.enum(["EUR", "USD"]),
    email: z.email().optional(),
    items: z.array(z.object({ sku: z.string(), price_1: z.number() })).optional(),
  });

  it("has nothing against an event that is as planned, whatever else is in it", () => {
    const items = [{ sku: "a", price_1: 1, colour: "red" }];
    expect(violationsOf(order, { revenue: 1, currency: "EUR", email: "ann@shop.example", items, more: true })).toEqual(
      [],
    );
  });

  it("says where, by which rule, and what was expected", () => {
    const items = [{ sku: "a", price_1: 1 }, { sku: 5 }];
    expect(violationsOf(order, { revenue: "12", currency: "XXX", items })).toEqual([
      { path: "properties.revenue", rule: "type", expected: "number" },
      { path: "properties.currency", rule: "enum", expected: 'one of "EUR","USD"' },
      { path: "properties.items.1.price_1", rule: "required", expected: "a value" },
      { path: "properties.items.1.sku", rule: "type", expected: "string" },
    ]);
  });

  it.each([{ type: "track", event: { toString: 1 } }, { type: { toString: 1 } }, { type: "track", event: ["Sold"] }])(
    "takes %j for no event that it knows, although it cannot be a text",
    (event) => {
      expect(compiled(planOf({ required: ["a"] })).check(event)).toEqual([]);
      const { path } = compiled(planOf({}, { unplanned: "refuse" })).check({ ...event, type: "track" })[0] ?? {};
      expect(path).toBe("event");
    },
  );

  it.each<[PlannedSchema, unknown, rule: string, expected: string]>([
    [{ type: ["string", "null"] }, 1, "type", "string or null"],
    [{ const: 5 }, 6, "const", "5"],
    [{ minimum: 0 }, -1, "minimum", "at least 0"],
    [{ exclusiveMaximum: 3 }, 3, "exclusiveMaximum", "less than 3"],
    [{ multipleOf: 2 }, 3, "multipleOf", "a multiple of 2"],
    [{ minLength: 2 }, "a", "minLength", "at least 2 characters"],
    [{ maxItems: 1 }, [1, 2], "maxItems", "at most 1 entries"],
    [{ uniqueItems: true }, [1, 1], "uniqueItems", "no entry twice"],
    [{ pattern: "^a$" }, "b", "pattern", 'a match of "^a$"'],
    [{ format: "date-time" }, "yesterday", "format", "date-time"],
    [{ not: { type: "number" } }, 1, "not", 'what "not" asks for'],
  ])("has words for %j", (schema, value, rule, expected) => {
    expect(violationsOf({ properties: { a: schema } }, { a: value })).toEqual([
      { path: "properties.a", rule, expected },
    ]);
  });

  it("takes an event without properties as one with none, and properties that are none as wrong", () => {
    const schema = { required: ["a"] };
    const missing = { path: "properties.a", rule: "required", expected: "a value" };
    for (const properties of [undefined, null, {}]) expect(violationsOf(schema, properties)).toEqual([missing]);
    for (const properties of [[], "a", 1, true]) {
      expect(violationsOf(schema, properties)).toEqual([{ path: "properties", rule: "type", expected: "object" }]);
    }
  });

  it("looks at other types of message by their type, and at traits where those have them", () => {
    const email = { properties: { email: { format: "email" } } };
    const plan = compiled({ mode: "observe", types: { identify: email, page: { required: ["url"] } } });
    expect(plan.mode).toBe("observe");
    expect(plan.check({ type: "identify", traits: { email: "ann" } })).toMatchObject([{ path: "traits.email" }]);
    expect(plan.check({ type: "page", name: "Home" })).toMatchObject([{ path: "properties.url" }]);
    for (const type of ["screen", "group", "alias", "constructor", undefined, 5])
      expect(plan.check({ type })).toEqual([]);
  });

  it("lets unplanned events pass unless it refuses them", () => {
    const unplanned = [{ path: "event", rule: "planned", expected: "an event of the tracking plan" }];
    const names = ["Sould", "toString", "__proto__", ""];
    for (const event of names) {
      expect(compiled(planOf({})).check({ type: "track", event })).toEqual([]);
      expect(compiled(planOf({}, { unplanned: "refuse" })).check({ type: "track", event })).toEqual(unplanned);
    }
    expect(compiled(planOf({}, { unplanned: "refuse" })).check({ type: "page", name: "Home" })).toEqual([]);
  });

  it("tells ten violations at most, each once", () => {
    const numbers = { additionalProperties: { type: "number" } };
    const properties = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`p${at}`, "x"]));
    expect(violationsOf(numbers, properties)).toEqual([{ path: "properties.*", rule: "type", expected: "number" }]);
    const list = { properties: { a: { items: { type: "number" } } } };
    expect(violationsOf(list, { a: Array(5_000).fill("x") })).toHaveLength(10);
    const twice = { properties: { a: { anyOf: [{ type: "number" }, { type: "number" }] } } };
    expect(violationsOf(twice, { a: "x" }).map(({ rule }) => rule)).toEqual(["type", "anyOf"]);
  });

  it("never says anything of an event's values", () => {
    const schema = {
      properties: {
        name: { enum: ["x"] },
        at: { format: "date" },
        n: { maximum: 0 },
        p: { pattern: "^$" },
        c: { const: 1 },
      },
      additionalProperties: false,
      propertyNames: { maxLength: 10 },
      maxProperties: 3,
    };
    const plan = compiled(planOf(schema));
    const secret = fc.integer({ min: 1e9, max: 2e9 }).map((n) => `ann${n}`);
    fc.assert(
      fc.property(secret, fc.subarray(["name", "at", "n", "p", "c", "other"], { minLength: 1 }), (word, names) => {
        const values = names.map((name): [string, unknown] => [
          name,
          name === "n" ? Number(word.slice(3)) : [word, word][0],
        ]);
        const properties = Object.fromEntries([...values, [word, word], [`${word}@shop.example`, 1]]);
        const found = plan.check(sold(properties));
        expect(found.length).toBeGreaterThan(0);
        expect(JSON.stringify(found)).not.toContain(word.slice(3));
      }),
      { numRuns: 30 },
    );
  });

  it("gives each of many events what it would get alone", () => {
    const plan = compiled(planOf({ properties: { a: { type: "number" } } }, { unplanned: "refuse" }));
    const event = fc.oneof(
      fc.record({
        type: fc.constantFrom("track", "page"),
        event: fc.constantFrom("Sold", "Sould"),
        properties: fc.object(),
      }),
      fc.constant(sold({ a: "x" })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), (events) => {
        expect(plan.checkAll(events)).toEqual(events.map((one) => plan.check(one)));
      }),
      { numRuns: 50 },
    );
  });
});

describe("a hostile schema or event", () => {
  const tooSlow = [{ path: "event", rule: "time", expected: "an event that can be checked in time" }];
  const hostile = planOf({ properties: { a: { pattern: "^(a+)+$" } } });
  const plan = new CompiledPlan(hostile, compilePlan(hostile), { checkMsMax: 200, checkAllMsMax: 60_000 });
  const slow = sold({ a: `${"a".repeat(50)}!` });

  it("cannot hold the function up with a pattern that takes the age of the universe: the event is cut off", () => {
    expect(plan.check(slow)).toEqual(tooSlow);
    expect(plan.check(sold({ a: "aaa" }))).toEqual([]);
  });

  it("does no harm to the events beside it, until the time of all is used up", () => {
    const wrong = [{ path: "properties.a", rule: "pattern", expected: 'a match of "^(a+)+$"' }];
    const [fine, bad] = [sold({ a: "a" }), sold({ a: "b" })];
    expect(plan.checkAll([fine, slow, bad, slow, fine])).toEqual([[], tooSlow, wrong, tooSlow, []]);
    const hurried = new CompiledPlan(hostile, compilePlan(hostile), { checkMsMax: 20, checkAllMsMax: 50 });
    expect(hurried.checkAll(Array(1_000).fill(slow))).toEqual(Array(1_000).fill(tooSlow));
  });

  it("is no way to overflow the stack", () => {
    const recursive = compiled(
      planOf({
        $ref: "#/definitions/n",
        definitions: { n: { items: { $ref: "#/definitions/n" }, properties: { a: { $ref: "#/definitions/n" } } } },
      }),
    );
    const deep = JSON.parse(`{"a":${"[".repeat(15_000)}${"]".repeat(15_000)}}`);
    expect(recursive.check(sold(deep))).toEqual([
      { path: "event", rule: "depth", expected: "an event that is less deep" },
    ]);
  });

  it("throws nothing, whatever the event", () => {
    const any = compiled(planOf({ properties: { a: { uniqueItems: true, items: { format: "email" } } } }));
    fc.assert(
      fc.property(fc.object({ withNullPrototype: true, withBigInt: false }), (fields) => {
        expect(any.check({ ...sold(fields.properties), ...fields })).toBeInstanceOf(Array);
        expect(any.check(sold(fields))).toBeInstanceOf(Array);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a flat name in an event", () => {
  const schema = z
    .object({
      user: z
        .object({ email: z.email(), address: z.object({ city: z.string() }).optional() })
        .strict()
        .optional(),
      "cart.total": z.number().optional(),
      cart: z
        .object({ total: z.string().optional(), items: z.array(z.object({ sku: z.object({ id: z.int() }) })) })
        .optional(),
    })
    .strict();

  it.each<[title: string, properties: Record<string, unknown>]>([
    ["of one property", { "user.email": "ann@shop.example" }],
    ["beside a nested one", { user: { email: "ann@shop.example" }, "user.address.city": "Bremen" }],
    ["of an object", { user: { email: "ann@shop.example" }, "user.address": { city: "Bremen" } }],
    ["within a nested one", { user: { email: "ann@shop.example", "address.city": "Bremen" } }],
    ["nested too, which wins", { user: { email: "ann@shop.example" }, "user.email": 5 }],
    ["where the nested one is null", { user: null, "user.email": "ann@shop.example" }],
    ["in a list", { cart: { items: [{ "sku.id": 1 }, { sku: { id: 2 } }] } }],
    ["that the plan writes so itself", { "cart.total": 5 }],
  ])("is checked in its place: %s", (_title, properties) => {
    const before = structuredClone(properties);
    expect(violationsOf(schema, properties)).toEqual([]);
    expect(properties).toEqual(before);
  });

  it("may be that of the properties, too", () => {
    const plan = compiled(planOf(schema));
    const event = { type: "track", event: "Sold", "properties.user.email": "ann" };
    expect(plan.check(event)).toEqual([{ path: "properties.user.email", rule: "format", expected: "email" }]);
    const ofObject = { type: "track", event: "Sold", "properties.user": { email: "ann@shop.example" } };
    expect(plan.check(ofObject)).toEqual([]);
  });

  it.each<[title: string, properties: Record<string, unknown>, path: string, rule: string]>([
    ["is wrong", { "user.email": 5 }, "properties.user.email", "type"],
    [
      "is not in the plan",
      { user: { email: "a@b.example" }, "user.phone": "1" },
      "properties.*",
      "additionalProperties",
    ],
    ["has something else in its way", { user: 5, "user.email": "a@b.example" }, "properties.user", "type"],
    [
      "names what every object inherits",
      { "user.constructor": 5, "__proto__.email": 1 },
      "properties.*",
      "additionalProperties",
    ],
  ])("is refused where it %s", (_title, properties, path, rule) => {
    expect(violationsOf(schema, properties)).toContainEqual(expect.objectContaining({ path, rule }));
  });
});

describe("a whole number that a double does not hold", () => {
  const check = (schema: PlannedSchema, text: string) => violationsOf(schema, parseJsonToWrite(text));

  it.each<[title: string, schema: PlannedSchema, rules: readonly string[]]>([
    ["an integer", { properties: { a: { items: { type: "integer" } } } }, []],
    ["a number of a range", { properties: { a: { items: { type: "number", minimum: 1 } } } }, []],
    ["more than the largest", { properties: { a: { items: { maximum: 5 } } } }, ["maximum"]],
    ["no text", { properties: { a: { items: { type: "string" } } } }, ["type"]],
    ["no object", { properties: { a: { items: { type: "object" } } } }, ["type"]],
  ])("is %s to a plan", (_title, schema, rules) => {
    expect(check(schema, '{"a":[2053013552326770905]}').map(({ rule }) => rule)).toEqual(rules);
  });
});

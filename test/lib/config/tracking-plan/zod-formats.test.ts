import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { PlannedSchema } from "../../../../lib/config/planned-schema.ts";
import type { TrackingPlan } from "../../../../lib/config/tracking-plan/tracking-plan.ts";
import { compiled, planOf, sold, violationsOf } from "./plans.ts";

/** A value that the schema takes, and one that it does not; only the first where JSON Schema cannot say what it checks. */
type Values = readonly [right: string | number, wrong?: string | number];

const uuid = "01890a5d-ac96-774b-bcce-b302099a8057";
/** Every format of a string that the library has, and a number's. By the function's name. */
const formats: Readonly<Record<string, Values>> = {
  base64: ["aGk=", "a"],
  base64url: ["aGk", "a="],
  cidrv4: ["10.0.0.0/8", "10.0.0.0"],
  cidrv6: ["2001:db8::/32", "2001:db8::"],
  creditCard: ["4111 1111 1111 1111", "4111"],
  cuid: ["cjld2cjxh0000qzrmn831i7rn", "x"],
  cuid2: ["tz4a98xxat96iws9zmbrgj3a", "T"],
  currencyCode: ["EUR", "EURO"],
  e164: ["+4942112345", "0421"],
  email: ["ann@shop.example", "ann"],
  emoji: ["👍🏽", "a"],
  guid: [uuid, "1"],
  hex: ["0aF", "g"],
  hostname: ["shop.example.", "-"],
  httpUrl: ["https://shop.example/größe?q=[1]", "shop"],
  iban: ["DE89370400440532013000", "DE"],
  ipv4: ["203.0.113.7", "203.0.113"],
  ipv6: ["2001:db8::1", "2001"],
  jwt: ["eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln", "eyJ"],
  ksuid: ["1srOrx2ZWZBpBUvZwXKQmoEYga2", "1"],
  mac: ["00:1A:2B:3C:4D:5E", "00"],
  nanoid: ["V1StGXR8_Z5jdHi6B-myT", "V1"],
  ulid: ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01"],
  url: ["https://shop.example/größe a", "shop"],
  uuid: [uuid, "1"],
  uuidv4: ["936da01f-9abd-4d9d-80c7-02af85c822a8", uuid],
  uuidv6: ["1ef21d2f-1207-6660-8c4f-419efbd44d48", uuid],
  uuidv7: [uuid, "936da01f-9abd-4d9d-80c7-02af85c822a8"],
  xid: ["9m4e2mr0ui3e8a215n4g", "9"],
  "iso.date": ["2026-01-31", "2026-02-30"],
  "iso.datetime": ["2026-01-31T09:30:00Z", "2026-01-31"],
  "iso.duration": ["P1DT1.5S", "1 day"],
  "iso.time": ["09:30", "9"],
  number: [1.5, "1"],
  int: [5, 5.5],
  int32: [5, 2 ** 31],
  uint32: [5, -1],
  float32: [0.1, 1e39],
  float64: [0.1, "0.1"],
  string: ["", 1],
};

const given: Readonly<Record<string, readonly [z.ZodType, ...Values]>> = {
  startsWith: [z.string().startsWith("a."), "a.b", "ab"],
  endsWith: [z.string().endsWith("b"), "ab", "ba"],
  includes: [z.string().includes("b"), "abc", "ac"],
  "includes after": [z.string().includes("b", { position: 2 }), "aab", "abc"],
  regex: [z.string().regex(/^a+$/), "aa", "b"],
  lowercase: [z.string().lowercase(), "ä1", "A"],
  uppercase: [z.string().uppercase(), "A1", "a"],
  trim: [z.string().trim(), " a "],
  length: [z.string().length(2), "ab", "a"],
  "two at once": [z.string().startsWith("a").endsWith("b").min(3), "aab", "ab"],
  "an email of ours": [z.email().endsWith("@shop.example"), "ann@shop.example", "ann@other.example"],
  "html email": [z.email({ pattern: z.regexes.html5Email }), "?@x", "x"],
  "unicode email": [z.email({ pattern: z.regexes.unicodeEmail }), "jörg@größe.example", "x"],
  "any offset": [z.iso.datetime({ offset: true, local: true }), "2026-01-31T09:30:00.1+01:00", "2026"],
  "precise datetime": [z.iso.datetime({ precision: -1 }), "2026-01-31T09:30Z", "2026-01-31T09:30:00Z"],
  hash: [z.hash("sha256"), "0".repeat(64), "0"],
  "a format of ours, by a pattern": [z.stringFormat("sku", /^[A-Z]-\d+$/), "A-1", "a"],
  "a format of ours, by a function": [z.stringFormat("even", (text) => text.length % 2 === 0), "ab"],
  template: [z.templateLiteral(["a-", z.number()]), "a-1", "a-b"],
  optional: [z.ulid().optional(), "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01"],
  either: [z.union([z.ulid(), z.e164()]), "+4942112345", "x"],
  cents: [z.number().multipleOf(0.01), 19.99, 19.999],
  steps: [z.number().step(5), 15, 16],
  positive: [z.number().positive(), 0.1, 0],
  range: [z.number().min(1).max(2), 2, 3],
  coerced: [z.coerce.number(), 1],
};

type Case = readonly [name: string, schema: z.ZodType, values: Values];

/** A plan with an event of each case's name: compiling takes longer than all the checks. */
const planOfCases = (schemaOf: (schema: z.ZodType) => PlannedSchema, cases: readonly Case[]): TrackingPlan =>
  compiled({
    mode: "enforce",
    events: Object.fromEntries(cases.map(([name, schema]) => [name, schemaOf(z.object({ a: schema }))])),
  });

/** Where the properties of an event are not as planned. */
const violatedIn = (plan: TrackingPlan, event: string, a: unknown): string[] => [
  ...new Set(plan.check({ ...sold({ a }), event }).map(({ path }) => path)),
];

/** The library's own schema functions of strings and numbers, so that a new version's new format is missed here. */
function formatsOfLibrary(): [name: string, schema: () => z.ZodType][] {
  const all = { ...z, ...Object.fromEntries(Object.entries(z.iso).map(([name, make]) => [`iso.${name}`, make])) };
  return Object.entries(all).flatMap(([name, make]) => {
    // Those with a capital are classes; the others of these ask for a value.
    const isAsked = /^(iso\.)?[a-z]/.test(name) && !/parse|encode|decode|validate/i.test(name);
    if (typeof make !== "function" || !isAsked) return [];
    try {
      const schema = (make as () => z.ZodType)();
      return ["string", "number"].includes(schema._zod.def.type) ? [[name, make as () => z.ZodType]] : [];
    } catch {
      return [];
    }
  });
}

describe("a format of zod", () => {
  const library = formatsOfLibrary();

  it("has its values in this table", () => {
    const names = library.map(([name]) => name).filter((name) => name !== "stringFormat" && name !== "hash");
    expect(names.toSorted()).toEqual(Object.keys(formats).toSorted());
  });

  const cases: Case[] = [
    ...library.flatMap(([name, make]): Case[] => (formats[name] === undefined ? [] : [[name, make(), formats[name]]])),
    ...Object.entries(given).map(([name, [schema, ...values]]): Case => [name, schema, values]),
  ];
  const inZod = planOfCases((schema) => schema, cases);
  it.each(cases)("%s is checked in a plan as zod does", (name, schema, [right, wrong]) => {
    expect(schema.safeParse(right).success).toBe(true);
    expect(violatedIn(inZod, name, right)).toEqual([]);
    if (wrong === undefined) return;
    expect(schema.safeParse(wrong).success).toBe(false);
    expect(violatedIn(inZod, name, wrong)).toEqual(["properties.a"]);
  });

  const strict = new Set(["html email", "unicode email", "iso.duration", "url", "httpUrl"]);
  const plain = cases.filter(([name]) => !strict.has(name) && !name.endsWith("function"));
  const inJsonSchema = planOfCases((schema) => z.toJSONSchema(schema, { io: "input" }), plain);
  it.each(plain)("%s is checked the same where the plan has its JSON Schema", (name, _schema, [right, wrong]) => {
    expect(violatedIn(inJsonSchema, name, right)).toEqual([]);
    if (wrong !== undefined) expect(violatedIn(inJsonSchema, name, wrong)).toEqual(["properties.a"]);
  });

  it("is named where it is broken, also where it is a pattern", () => {
    const schema = z.object({ a: z.ulid(), b: z.email(), c: z.string().startsWith("x") });
    expect(violationsOf(schema, { a: "1", b: "1", c: "1" })).toEqual([
      { path: "properties.a", rule: "format", expected: "ulid" },
      { path: "properties.b", rule: "format", expected: "email" },
      { path: "properties.c", rule: "pattern", expected: 'a match of "^x.*"' },
    ]);
  });
});

describe("a multiple", () => {
  it("of a cent is every price in cents, up to a billion", () => {
    const schema = { properties: { a: { multipleOf: 0.01 } } };
    const cents = [...Array.from({ length: 20_000 }, (_, index) => index * 5 + 1), 1_998_999_999, 99_999_999_999];
    const plan = compiled(planOf(schema));
    expect(cents.filter((cent) => plan.check(sold({ a: cent / 100 })).length > 0)).toEqual([]);
    for (const price of [0.001, 19.995, 19.9900001, 999_999.999, 1e-9, 0.005]) {
      expect(plan.check(sold({ a: price }))).toEqual([
        { path: "properties.a", rule: "multipleOf", expected: "a multiple of 0.01" },
      ]);
    }
  });

  it.each<[of: number, right: readonly number[], wrong: readonly number[]]>([
    [1, [0, -3, 1e15, 2 ** 60], [0.5, -0.1, 1e-20]],
    [5, [0, 15, -5], [1, 16]],
    [0.1, [0.3, 0.1 + 0.2, 1e6 + 0.1, -0.7], [0.25, 0.35]],
    [0.0001, [0.0003, 123.4567, 1e6], [0.00005, 123.45678]],
    [0.3, [0.9, 3], [1, 0.1]],
    [1e-7, [3e-7, 0.1234567], [0.5e-7]],
    [2.5, [7.5], [7.51]],
  ])("of %d is told from what is none", (of, right, wrong) => {
    const schema = { properties: { a: { multipleOf: of } } };
    for (const a of right) expect(violationsOf(schema, { a })).toEqual([]);
    for (const a of wrong) expect(violationsOf(schema, { a })).toMatchObject([{ rule: "multipleOf" }]);
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { ConfigError, type ConfigProblem } from "../../../../lib/config/error.ts";
import { loadConfig } from "../../../../lib/config/load.ts";
import type { JsonSchema, PlannedSchema } from "../../../../lib/config/planned-schema.ts";
import type { PlannedEvents } from "../../../../lib/config/shape.ts";
import { compilePlan, isQuick, planBytesMax } from "../../../../lib/config/tracking-plan/compile.ts";
import { schemaBytesMax } from "../../../../lib/config/tracking-plan/read-schema.ts";
import { planOf } from "./plans.ts";

function problemsOf(plan: PlannedEvents): readonly ConfigProblem[] {
  try {
    compilePlan(plan);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

const latest = "https://json-schema.org/draft/2020-12/schema";
const circle: Record<string, unknown> = {};
circle.self = circle;
const nested = (levels: number): JsonSchema => (levels === 0 ? {} : { properties: { a: nested(levels - 1) } });

describe("the schemas of a plan", () => {
  it.each<[title: string, schema: PlannedSchema]>([
    ["draft-07 where nothing is said", { type: "object", definitions: { a: {} }, items: [{}] }],
    ["draft-07 where it is said", { $schema: "http://json-schema.org/draft-07/schema#", items: [{}, {}] }],
    ["draft 2020-12", { $schema: latest, prefixItems: [{}], $defs: { a: {} }, unevaluatedProperties: false }],
    ["the output of zod", z.toJSONSchema(z.object({ at: z.iso.datetime(), of: z.tuple([z.string()]) }))],
    ["a schema of zod", z.object({ price: z.number().min(0), email: z.email(), tags: z.record(z.string(), z.int()) })],
    ["references within", { $ref: "#/definitions/a", definitions: { a: { $id: "#a" }, b: { $ref: "#a" } } }],
    ["a property called $ref", { properties: { $ref: { type: "string" }, $async: { const: { $ref: "http://x" } } } }],
    ["types that need not be said", { required: ["a"], properties: { a: { minimum: 1 } }, minimum: 0 }],
    ["a schema with an address", { $id: "https://shop.example/sold" }],
  ])("may be %s", (_title, schema) => {
    expect(problemsOf(planOf(schema))).toEqual([]);
  });

  it("may share an address, for nothing is looked up by it", () => {
    const schema = { $id: "https://shop.example/any", type: "object" };
    expect(problemsOf(planOf(schema, { types: { page: schema, group: { ...schema, minProperties: 1 } } }))).toEqual([]);
  });

  it.each<[title: string, schema: PlannedSchema, place: string, expected: RegExp, received: RegExp]>([
    [
      "another draft",
      { $schema: "http://json-schema.org/draft-04/schema#" },
      "/$schema",
      /2020-12.*draft-07/,
      /draft-04/,
    ],
    [
      "a type that is none",
      { properties: { a: { type: "money" } } },
      "/properties/a/type",
      /draft 07.*enum/,
      /"integer"/,
    ],
    ["a keyword of a later draft", { items: { prefixItems: [] } }, "/items/prefixItems", /compiles/, /unknown keyword/],
    ["a misspelled keyword", { properties: { a: { minimun: 0 } } }, "/properties/a/minimun", /compiles/, /"minimun/],
    ["an unknown format", { properties: { a: { format: "mail" } } }, "/properties/a", /compiles/, /unknown format/],
    [
      "a pattern that is none",
      { properties: { a: { pattern: "(" } } },
      "/properties/a/pattern",
      /compiles/,
      /Invalid reg/,
    ],
    [
      "a reference elsewhere",
      { anyOf: [{ $ref: "https://x.example/a" }] },
      "/anyOf/0/$ref",
      /inside the schema/,
      /x\.exa/,
    ],
    ["a reference to a file", { $ref: "other.json#/a" }, "/$ref", /inside the schema/, /other/],
    ["a dynamic reference elsewhere", { $schema: latest, $dynamicRef: "x" }, "/$dynamicRef", /inside/, /"x"/],
    ["a reference to nothing", { $ref: "#/definitions/a" }, "", /compiles/, /can't resolve/],
    ["a check that waits", { $async: true }, "/$async", /without \$async/, /true/],
    ["what JSON cannot say", z.object({ at: z.date() }), "", /JSON Schema can say/, /Date/],
    ["a circle", circle, "", /JSON Schema can say/, /circular/],
    ["50 levels and more", nested(26), "", /50 levels/, /deeper/],
    ["too many bytes", { description: "x".repeat(schemaBytesMax) }, "", /65536 bytes/, /^65554$/],
  ])("are refused with %s, which names the event and the place", (_title, schema, place, expected, received) => {
    expect(problemsOf(planOf(schema))).toEqual([
      {
        path: `trackingPlan.events.Sold${place}`,
        expected: expect.stringMatching(expected),
        received: expect.stringMatching(received),
      },
    ]);
  });

  it("have a limit together, and all that is wrong is told at once", () => {
    const description = "x".repeat(schemaBytesMax - 100);
    const events = Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`e${at}`, { description }]));
    expect(problemsOf({ mode: "enforce", events })).toMatchObject([
      { path: "trackingPlan", expected: `schemas of at most ${planBytesMax} bytes in all` },
    ]);
    const wrong = { a: { type: "a" }, b: { $ref: "b" }, c: { c: 1 } };
    expect(problemsOf({ mode: "enforce", events: wrong, types: { page: { d: 1 } } })).toHaveLength(4);
  });

  it("are compiled where the configuration is loaded, so that a mistake is told before anything is deployed", async () => {
    const directory = await mkdtemp(join(tmpdir(), "millrace-plan-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "wrong.mts");
    await writeFile(
      file,
      `import { count, page } from ${JSON.stringify(resolve("lib/config.ts"))};
      export default { metrics: { m: { on: page(), measure: count() } },
        trackingPlan: { mode: "observe", events: { Sold: { minimun: 1 } } } };`,
    );
    await expect(loadConfig(file)).rejects.toThrow(
      /trackingPlan\.events\.Sold\/minimun: expected a schema that compiles/,
    );
  });
});

describe("a check is run without a time limit", () => {
  const amount = { type: "number", minimum: 0 };
  it.each<[title: string, schema: JsonSchema]>([
    ["types, bounds and required properties", { type: "object", required: ["a"], properties: { a: amount } }],
    ["no others but those", { properties: { a: { type: "string", maxLength: 3 } }, additionalProperties: false }],
    ["properties of properties, called pattern too", { properties: { pattern: { properties: { items: amount } } } }],
  ])("where it looks at each property once: %s", (_title, schema) => expect(isQuick(schema)).toBe(true));

  it.each<[title: string, schema: JsonSchema]>([
    ["a pattern", { properties: { a: { properties: { b: { pattern: "^(a+)+$" } } } } }],
    ["a format", { properties: { a: { format: "email" } } }],
    ["lists", { properties: { a: { items: { type: "number" } } } }],
    ["unlike entries", { properties: { a: { uniqueItems: true } } }],
    ["itself", { properties: { a: { $ref: "#" } } }],
    ["one of several", { anyOf: [{ required: ["a"] }, { required: ["b"] }] }],
  ])("and never where it has %s", (_title, schema) => expect(isQuick(schema)).toBe(false));
});

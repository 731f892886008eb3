import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { writeTrackingPlan } from "../../infra/tracking-plan.ts";
import { ConfigError } from "../../lib/config/error.ts";
import type { Config } from "../../lib/config/shape.ts";
import { trackingPlanOf } from "../../lib/config/tracking-plan/compile-at-start.ts";
import { count, page } from "../../lib/config.ts";

const directory = mkdtempSync(join(tmpdir(), "millrace-plan-"));
afterAll(() => rmSync(directory, { recursive: true }));

const metrics = { views: { on: page(), measure: count() } };
const list = { $id: "https://shop.example/list", $ref: "#/definitions/list" };
const config: Config = {
  metrics,
  trackingPlan: {
    mode: "enforce",
    unplanned: "refuse",
    events: {
      'Order "Completed"\n${x}': z.object({ a: z.email(), b: z.int().optional(), c: z.iso.datetime().optional() }),
      Price: z.object({
        a: z.number().multipleOf(0.01),
        b: z.ulid().optional(),
        c: z.object({ d: z.jwt() }).optional(),
      }),
      Draft7: {
        properties: { a: { format: "ipv6" }, b: { minLength: 2, uniqueItems: true }, c: { const: { d: [1] } } },
      },
      Tree: {
        ...list,
        definitions: { list: { properties: { a: { $ref: "#/definitions/list" }, b: { type: "null" } } } },
      },
      Same: { ...list, definitions: { list: { required: ["a", "_1"] } } },
    },
    types: { identify: { $schema: "https://json-schema.org/draft/2020-12/schema", unevaluatedProperties: false } },
  },
};

/** What a function gets: the module bundled as all are, in a process that knows no packages from where it lies. */
async function bundled(config: Config, name: string): Promise<typeof trackingPlanOf> {
  const outfile = join(directory, `${name}.mjs`);
  const { metafile } = buildSync({
    entryPoints: [writeTrackingPlan(config, join(directory, name))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    minify: true,
    metafile: true,
    nodePaths: [resolve(import.meta.dirname, "../../node_modules")],
  });
  const compilers = Object.keys(metafile.inputs).filter((file) => /ajv\/dist\/(core|compile)|zod/.test(file));
  expect(compilers).toEqual([]);
  return (await import(pathToFileURL(outfile).href)).trackingPlanOf;
}

describe("a tracking plan in a bundle", () => {
  const value = fc.oneof(
    fc.constantFrom<unknown>(1, 1.5, "", "ä", "ann@shop.example", "::1", "2026-01-31T09:30:00Z", null, [1, 1], {
      d: [1],
    }),
    fc.record({ a: fc.constantFrom<unknown>({ b: 1 }, { a: { b: 1 } }, 1), b: fc.constantFrom(1, null) }),
  );
  const event = fc.record(
    {
      type: fc.constantFrom("track", "track", "track", "identify", "page"),
      event: fc.constantFrom(...Object.keys(config.trackingPlan?.events ?? {}), "Other"),
      properties: fc.dictionary(fc.constantFrom("a", "b", "c", "x@y"), value),
      traits: fc.dictionary(fc.constantFrom("a", "b"), value),
    },
    { requiredKeys: ["type"] },
  );

  test("finds exactly what one that is compiled at the start finds, and holds no compiler", async () => {
    const [here, there] = [trackingPlanOf(config), (await bundled(config, "plan"))(config)];
    expect(there?.mode).toBe("enforce");
    let broken = 0;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        const found = there?.checkAll(events) ?? [];
        expect(found).toEqual(here?.checkAll(events));
        broken += found.filter(({ length }) => length > 0).length;
      }),
    );
    expect(broken).toBeGreaterThan(20);
  });

  test("is none where the configuration has none", async () => {
    expect((await bundled({ metrics }, "none"))({ metrics })).toBeUndefined();
  });

  test("is refused as at the start where a schema cannot be compiled", () => {
    const wrong: Config = { metrics, trackingPlan: { mode: "observe", events: { Sold: { minimun: 1 } } } };
    expect(() => writeTrackingPlan(wrong, join(directory, "wrong"))).toThrow(ConfigError);
  });
});

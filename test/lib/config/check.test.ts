import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../lib/config/error.ts";
import { count, page, sum, track } from "../../../lib/config.ts";
import { metric, problemsOf, withBy, withMetric } from "./problems.ts";

describe("a configuration that is refused says where, what was expected and what came", () => {
  const prototypePaths = ["__proto__.x", "properties.constructor", "properties.toString.length", "hasOwnProperty"];
  it.each<[title: string, config: unknown, path: string, expected: RegExp, received: string]>([
    ["no object", undefined, "config", /an object/, "nothing"],
    ["a list", [], "config", /an object/, "[]"],
    ["no metrics", {}, "metrics", /at least one metric/, "nothing"],
    ["empty metrics", { metrics: {} }, "metrics", /at least one metric/, "{}"],
    [
      "an unknown key",
      { ...withMetric({}), metric: 1 },
      "metric",
      /one of the keys metrics, allowedLateness/,
      '"metric"',
    ],
    [
      "an unknown key of a section",
      { ...withMetric({}), limits: { groups: 5 } },
      "limits.groups",
      /groupsPerB/,
      '"groups"',
    ],
    [
      "an unknown key of a metric",
      withMetric({ dimensions: {} }),
      "metrics.m.dimensions",
      /on, measure, by/,
      '"dimensions"',
    ],
    [
      "an unknown key of a selection",
      withMetric({ on: { ...page(), name: "Home" } }),
      "metrics.m.on.name",
      /type, names, where/,
      '"name"',
    ],
    [
      "an unknown key of a count",
      withMetric({ measure: { kind: "count", of: "properties.x" } }),
      "metrics.m.measure.of",
      /kind/,
      '"of"',
    ],
    [
      "an unknown key of a sum",
      withMetric({ measure: { kind: "sum", of: "properties.x", as: "y" } }),
      "metrics.m.measure.as",
      /kind, of/,
      '"as"',
    ],
    [
      "an invalid concurrency",
      { ...withMetric({}), concurrency: "none" },
      "concurrency",
      /object or "unreserved"/,
      '"none"',
    ],
    [
      "a concurrency of nothing",
      { ...withMetric({}), concurrency: { collect: 0 } },
      "concurrency.collect",
      /from 1 to 100000/,
      "0",
    ],
    [
      "the concurrency of another function",
      { ...withMetric({}), concurrency: { sweep: 5 } },
      "concurrency.sweep",
      /collect, query, rollUp/,
      '"sweep"',
    ],
    ["a section that is none", { ...withMetric({}), stream: "on-demand" }, "stream", /an object/, '"on-demand"'],
    ["a metric that is none", { metrics: { m: "page" } }, "metrics.m", /on, measure and by/, '"page"'],
    ["a metric without selection", { metrics: { m: { measure: count() } } }, "metrics.m.on", /page\(\)/, "nothing"],
    ["a selection not called", withMetric({ on: page }), "metrics.m.on", /page\(\)/, "a function"],
    [
      "a type in a list",
      withMetric({ on: { type: ["track"], names: [], where: {} } }),
      "metrics.m.on",
      /a selection/,
      '{"type":["track"],"names":[],"where":{}}',
    ],
    [
      "an unknown type",
      withMetric({ on: { ...page(), type: "click" } }),
      "metrics.m.on",
      /a selection/,
      expect.any(String),
    ],
    ["an empty name", withMetric({ on: track(["A", ""]) }), "metrics.m.on.names", /event names/, '["A",""]'],
    [
      "a name that is a number",
      withMetric({ on: { ...page(), names: [1] } }),
      "metrics.m.on.names",
      /event names/,
      "[1]",
    ],
    [
      "a condition on null",
      withMetric({ on: { ...page(), where: { a: null } } }),
      "metrics.m.on.where.a",
      /a string/,
      "null",
    ],
    [
      "a condition on NaN",
      withMetric({ on: track([], { a: Number.NaN }) }),
      "metrics.m.on.where.a",
      /a finite number/,
      "NaN",
    ],
    [
      "a whole number that a double does not hold",
      withMetric({ on: track([], { a: 2 ** 60 }) }),
      "metrics.m.on.where.a",
      /from 2\^53 on as a string/,
      "1152921504606847000",
    ],
    ["a BigInt", withMetric({ on: { ...page(), where: { a: 10n } } }), "metrics.m.on.where.a", /a string/, "10"],
    ["no measure", { metrics: { m: { on: page() } } }, "metrics.m.measure", /count\(\) or sum/, "nothing"],
    [
      "an unknown measure",
      withMetric({ measure: { kind: "max" } }),
      "metrics.m.measure",
      /count\(\)/,
      '{"kind":"max"}',
    ],
    ["a sum of nothing", withMetric({ measure: { kind: "sum" } }), "metrics.m.measure", /a dotted path/, "nothing"],
    ["an empty path", withMetric({ measure: sum("") }), "metrics.m.measure", /a dotted path/, '""'],
    ["a path with a gap", withBy({ a: "properties..x" }), "metrics.m.by.a", /a dotted path/, '"properties..x"'],
    ["a path that is none", withBy({ a: 5 }), "metrics.m.by.a", /a dotted path/, "5"],
    [
      "a deep path",
      withBy({ a: "a.b.c.d.e.f.g.h.i.j.k" }),
      "metrics.m.by.a",
      /at most 10 names/,
      '"a.b.c.d.e.f.g.h.i.j.k"',
    ],
    ...prototypePaths.map((path): [string, unknown, string, RegExp, string] => [
      `the inherited name in ${path}`,
      withMetric({ by: { a: path } }),
      "metrics.m.by.a",
      /a dotted path/,
      JSON.stringify(path),
    ]),
    [
      "an inherited name in a condition",
      withMetric({ on: track([], { "a.valueOf": 1 }) }),
      "metrics.m.on.where",
      /dotted/,
      '"a.valueOf"',
    ],
    [
      "an inherited name in a sum",
      withMetric({ measure: sum("__proto__") }),
      "metrics.m.measure",
      /dotted/,
      '"__proto__"',
    ],
    ["a list of dimensions", withBy(["country"]), "metrics.m.by", /alias: path/, '["country"]'],
    ["an alias with a dash", withBy({ "a-b": "x" }), "metrics.m.by.a-b", /an alias of up to 60/, '"a-b"'],
    ["an alias that is a number", withBy({ 1: "x" }), "metrics.m.by.1", /an alias of up to 60/, '"1"'],
    [
      "an alias of 61 bytes",
      withBy({ ["a".repeat(61)]: "x" }),
      `metrics.m.by.${"a".repeat(61)}`,
      /up to 60/,
      `"${"a".repeat(61)}"`,
    ],
    ["our own dimension", withBy({ part: "x" }), "metrics.m.by.part", /do not use themselves/, '"part"'],
    ["our own dimension in capitals", withBy({ DEF: "x" }), "metrics.m.by.DEF", /do not use themselves/, '"DEF"'],
    ["a measure's name", withBy({ Count: "x" }), "metrics.m.by.Count", /do not use themselves/, '"Count"'],
    ["the mark of an answer's row", withBy({ open: "x" }), "metrics.m.by.open", /do not use themselves/, '"open"'],
    ["the time", withBy({ time: "timestamp" }), "metrics.m.by.time", /do not use themselves/, '"time"'],
    ["Timestream's prefix", withBy({ ts_id: "x" }), "metrics.m.by.ts_id", /do not use themselves/, '"ts_id"'],
    [
      "Timestream's prefix in capitals",
      withBy({ TS_id: "x" }),
      "metrics.m.by.TS_id",
      /do not use themselves/,
      '"TS_id"',
    ],
    [
      "measure_name",
      withBy({ measure_name: "x" }),
      "metrics.m.by.measure_name",
      /not use themselves/,
      '"measure_name"',
    ],
    ["a metric's name with a space", withMetric({}, "a b"), "metrics.a b", /a name of up to 128/, '"a b"'],
    ["a metric's name that starts with a digit", withMetric({}, "1a"), "metrics.1a", /starts with a letter/, '"1a"'],
    ["a metric's name of Timestream's", withMetric({}, "ts_a"), "metrics.ts_a", /not ts_/, '"ts_a"'],
    [
      "a lateness without a unit",
      { ...withMetric({}), allowedLateness: "24" },
      "allowedLateness",
      /"1m" to "360d"/,
      '"24"',
    ],
    [
      "a lateness of a fraction",
      { ...withMetric({}), allowedLateness: "1.5h" },
      "allowedLateness",
      /a duration/,
      '"1.5h"',
    ],
    ["a short lateness", { ...withMetric({}), allowedLateness: "59s" }, "allowedLateness", /a duration/, '"59s"'],
    ["a long lateness", { ...withMetric({}), allowedLateness: "361d" }, "allowedLateness", /a duration/, '"361d"'],
    ["a negative lateness", { ...withMetric({}), allowedLateness: "-1h" }, "allowedLateness", /a duration/, '"-1h"'],
    ["no shard", { ...withMetric({}), stream: { shards: 0 } }, "stream.shards", /1 to 10000 or "on-demand"/, "0"],
    ["half a shard", { ...withMetric({}), stream: { shards: 1.5 } }, "stream.shards", /a whole number/, "1.5"],
    ["shards in text", { ...withMetric({}), stream: { shards: "2" } }, "stream.shards", /a whole number/, '"2"'],
    [
      "a short retention",
      { ...withMetric({}), stream: { retention: "23h" } },
      "stream.retention",
      /"24h" to "365d"/,
      '"23h"',
    ],
    [
      "a retention of minutes",
      { ...withMetric({}), stream: { retention: "1441m" } },
      "stream.retention",
      /whole hours/,
      '"1441m"',
    ],
    ["a batch of none", { ...withMetric({}), rollUp: { batchSize: 0 } }, "rollUp.batchSize", /1 to 10000/, "0"],
    [
      "a batch of NaN",
      { ...withMetric({}), rollUp: { batchSize: Number.NaN } },
      "rollUp.batchSize",
      /1 to 10000/,
      "NaN",
    ],
    [
      "a window of no time",
      { ...withMetric({}), rollUp: { batchingWindow: "0s" } },
      "rollUp.batchingWindow",
      /"1s" to "300s"/,
      '"0s"',
    ],
    [
      "too many groups",
      { ...withMetric({}), limits: { groupsPerBucket: 10_001 } },
      "limits.groupsPerBucket",
      /10000/,
      "10001",
    ],
    [
      "a long value",
      { ...withMetric({}), limits: { dimensionBytes: 1_025 } },
      "limits.dimensionBytes",
      /16 to 1024/,
      "1025",
    ],
  ])("%s", (_title, config, path, expected, received) => {
    expect(problemsOf(config)).toEqual([{ path, expected: expect.stringMatching(expected), received }]);
  });

  it("lists everything that is wrong at once, in the message too", () => {
    const config = {
      metrics: { "1st": metric, b: { on: page(), measure: sum("a..b"), by: { part: "x", "c-d": "toString" } } },
      allowedLateness: "never",
      stream: { shards: -1, retention: "1d 2h" },
      color: "blue",
    };
    const problems = problemsOf(config);
    expect(problems.map(({ path }) => path).toSorted()).toEqual(
      [
        "allowedLateness",
        "color",
        "metrics.1st",
        "metrics.b.by.c-d",
        "metrics.b.by.c-d",
        "metrics.b.by.part",
        "metrics.b.measure",
        "stream.retention",
        "stream.shards",
      ].toSorted(),
    );
    const { message } = new ConfigError(problems);
    for (const { path, expected, received } of problems) {
      expect(message).toContain(`${path}: expected ${expected}, got ${received}`);
    }
  });

  it("never throws anything but a list of problems, whatever a value is", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const value of [circle, 10n, Symbol("s"), () => 1, Number.NaN, null, new Date(0), new Map()]) {
      for (const config of [value, { metrics: value }, { metrics: { m: value } }, withMetric({ on: value })]) {
        expect(problemsOf(config)).not.toEqual([]);
      }
      expect(problemsOf(withMetric({ measure: value }))).not.toEqual([]);
      expect(problemsOf({ ...withMetric({}), allowedLateness: value })).not.toEqual([]);
    }
  });
});

import { App } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { MillraceStack } from "../../infra/millrace-stack.ts";
import { configFile } from "../../lib/config/load.ts";
import type { Config } from "../../lib/config/shape.ts";
import { count, defineConfig, page } from "../../lib/config.ts";

const metrics = { views: { on: page(), measure: count() } };
const sources = { web: {} };

function stackOf(config: Config): MillraceStack {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  return new MillraceStack(app, "Test", { config: defineConfig(config), configFile: configFile(undefined) });
}

/** What is set aside for each function, by its name. */
function reserved(config: Omit<Config, "metrics">): Record<string, number | undefined> {
  const functions = Object.values(
    Template.fromStack(stackOf({ metrics, ...config })).findResources("AWS::Lambda::Function"),
  );
  return Object.fromEntries(
    functions.map(({ Properties: { FunctionName, ReservedConcurrentExecutions } }) => [
      FunctionName,
      ReservedConcurrentExecutions,
    ]),
  );
}

/** The warnings about the account's quota. */
const warnings = (config: Omit<Config, "metrics">) =>
  Annotations.fromStack(stackOf({ metrics, ...config })).findWarning(
    "*",
    Match.stringLikeRegexp("concurrent executions"),
  );

// The first stack of a process takes its time: it looks at all of the bundles' sources.
describe("each function has concurrency of its own, and no more", { timeout: 180_000 }, () => {
  test("so that what senders ask for cannot stop the counting", () => {
    expect(reserved({ sources })).toEqual({
      "millrace-roll-up": 11,
      "millrace-sweep": 2,
      "millrace-redrive": 2,
      "millrace-audit": 3,
      "millrace-query": 50,
      "millrace-live": 1,
      "millrace-collect": 200,
    });
  });

  test("enough for all shards at once, however many there are", () => {
    expect(reserved({ stream: { shards: 500 } })["millrace-roll-up"]).toBe(510);
    expect(reserved({ stream: { shards: "on-demand" } })["millrace-roll-up"]).toBe(200);
  });

  test("as the configuration says", () => {
    const concurrency = { collect: 7, query: 8, rollUp: 9 };
    expect(reserved({ sources, concurrency })).toMatchObject({
      "millrace-roll-up": 9,
      "millrace-query": 8,
      "millrace-collect": 7,
      "millrace-sweep": 2,
    });
  });

  test("but in an account with too small a quota", () => {
    const none = reserved({ sources, concurrency: "unreserved" });
    expect(Object.keys(none)).toHaveLength(7);
    expect(Object.values(none).filter((each) => each !== undefined)).toEqual([]);
  });
});

describe("whoever reserves more than an account has by default", () => {
  test.each<[string, Omit<Config, "metrics">, number]>([
    ["with 900 in all is not warned", { sources, concurrency: { rollUp: 642 } }, 0],
    ["with 901 in all is", { sources, concurrency: { rollUp: 643 } }, 1],
    ["for functions that are not deployed is not", { concurrency: { rollUp: 643 } }, 0],
    ["with a thousand shards is", { stream: { shards: 1_000 } }, 1],
    ["with an on-demand stream is not", { sources, stream: { shards: "on-demand" } }, 0],
    ["with nothing reserved is not", { stream: { shards: 1_000 }, concurrency: "unreserved" }, 0],
  ])("%s", (_, config, count) => {
    expect(warnings(config)).toHaveLength(count);
  });
});

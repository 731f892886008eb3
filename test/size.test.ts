import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { children, type Node, parsed } from "./mutate/syntax.ts";

const top = join(import.meta.dirname, "..");
const folders = ["lib", "handlers", "infra", "local", "cli", "dashboard"];
const fileLinesMax = 250;
const functionLinesMax = 60;

/** Files that are longer today, with their lines. They may only shrink: take out those that have. */
const longFiles: Readonly<Record<string, number>> = {
  "lib/producer/producer.ts": 285,
  "lib/recovery/gaps/fill-gaps.ts": 286,
  "lib/recovery/redrive/redrive.ts": 288,
  "lib/roll-up/roll-up.ts": 327,
  "lib/store/rows/timestream.ts": 268,
  "local/cloud.ts": 302,
  "local/timestream/sql/trino-meaning.ts": 257,
};

/** Functions that are longer today, with their lines. The same goes for them. */
const longFunctions: Readonly<Record<string, number>> = {
  "lib/roll-up/dedupe/message-hash.ts sipHash": 73,
  "local/dynamodb/dynamodb.ts openDynamoDb": 71,
  "local/s3/bucket.ts openBucket": 69,
};

const files = execFileSync("git", ["ls-files", ...folders.map((folder) => `${folder}/**.ts`)], {
  cwd: top,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));

const linesOf = (text: string): number => text.trimEnd().split("\n").length;

const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** The functions of a source with their lines, each by its name or that of what it is given to. */
function functionsIn(source: string): [name: string, lines: number][] {
  const found: [string, number][] = [];
  const visit = (node: Node, name: string): void => {
    const own = nameOf(node) ?? name;
    if (functionTypes.has(node.type)) found.push([own, linesOf(source.slice(node.start, node.end))]);
    for (const [, child] of children(node)) visit(child, own);
  };
  visit(parsed(source), "");
  return found;
}

function nameOf(node: Node): string | undefined {
  const { id, key } = node as { id?: { name?: unknown }; key?: { name?: unknown } };
  const name = id?.name ?? key?.name;
  return typeof name === "string" ? name : undefined;
}

/** Those over the limit that are not listed, or longer than listed; and those that are listed in vain. */
function misfits(
  found: readonly (readonly [string, number])[],
  limit: number,
  listed: Readonly<Record<string, number>>,
) {
  const long = new Map(found.filter(([, lines]) => lines > limit));
  return {
    "too long": [...long].filter(([name, lines]) => lines > (listed[name] ?? limit)),
    "listed in vain": Object.keys(listed).filter((name) => !long.has(name)),
  };
}

describe("what is to be read at once", () => {
  const sources = files.map((file): [string, string] => [file, readFileSync(join(top, file), "utf8")]);
  const none = { "too long": [], "listed in vain": [] };

  test(`is a file of at most ${fileLinesMax} lines`, () => {
    expect(sources.length).toBeGreaterThan(400);
    const found = sources.map(([file, source]): [string, number] => [file, linesOf(source)]);
    expect(misfits(found, fileLinesMax, longFiles)).toEqual(none);
  });

  test(`is a function of at most ${functionLinesMax} lines`, () => {
    const found = sources.flatMap(([file, source]) =>
      functionsIn(source).map(([name, lines]): [string, number] => [`${file} ${name}`, lines]),
    );
    expect(found.length).toBeGreaterThan(1_000);
    expect(misfits(found, functionLinesMax, longFunctions)).toEqual(none);
  });

  test("is measured: a function that is too long, one that has grown, and one that is listed in vain", () => {
    const lines = Array<string>(70).fill("  work();").join("\n");
    const found = functionsIn(`const short = () => 1;\nclass A {\n  run() {\n${lines}\n  }\n}`);
    expect(found).toEqual([
      ["short", 1],
      ["run", 72],
    ]);
    expect(misfits(found, 60, { run: 71, short: 65 })).toEqual({
      "too long": [["run", 72]],
      "listed in vain": ["short"],
    });
  });
});

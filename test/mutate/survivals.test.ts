import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { Mutant } from "./instrument.ts";
import { Survivals } from "./survivals.ts";

const mutantOf = (file: string, id: number): Mutant => ({
  ...{ id, file, line: 1, column: id, lineText: "", operator: "", from: "", to: "" },
});
const inTwoFiles = [mutantOf("a.ts", 0), mutantOf("a.ts", 1), mutantOf("b.ts", 2)];

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "survivals-"));
  mkdirSync(join(top, "node_modules"));
  for (const name of ["a.ts", "b.ts", "a.test.ts", "b.test.ts"]) writeFileSync(join(top, name), name);
});

/** What is remembered after two tests have let something through. */
function kept(): Survivals {
  const survivals = new Survivals(top, inTwoFiles, false);
  survivals.note(1, "a.test.ts > counts");
  survivals.note(2, "a.test.ts > counts");
  survivals.note(2, "b.test.ts > adds");
  survivals.keep();
  return survivals;
}

test("what a test let through is known in the next run, whatever the ids are there", () => {
  const { met } = kept();
  expect(met).toEqual({ "a.test.ts > counts": [1, 2], "b.test.ts > adds": [2] });
  expect(new Survivals(top, inTwoFiles, false).met).toEqual(met);
  const oneFile = [mutantOf("b.ts", 0)];
  expect(new Survivals(top, oneFile, false).met).toEqual({ "a.test.ts > counts": [0], "b.test.ts > adds": [0] });
});

test("what was let through is forgotten where the test has changed, or the code, or it is asked for anew", () => {
  kept();
  writeFileSync(join(top, "a.test.ts"), "stricter");
  expect(new Survivals(top, inTwoFiles, false).met).toEqual({ "b.test.ts > adds": [2] });
  rmSync(join(top, "a.test.ts"));
  expect(new Survivals(top, inTwoFiles, false).met).toEqual({ "b.test.ts > adds": [2] });
  writeFileSync(join(top, "b.ts"), "other code");
  expect(new Survivals(top, inTwoFiles, false).met).toEqual({});
  expect(new Survivals(top, inTwoFiles, true).met).toEqual({});
});

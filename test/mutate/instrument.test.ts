import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { asked, instrument } from "./instrument.ts";

/** What a function returns under each of its mutants: `from -> to`, and the result or the error. */
function under(source: string, ...given: unknown[]): Map<string, unknown> {
  const { code, mutants } = instrument("f.ts", `export const f = ${source};`);
  let active = -1;
  const isActive = (id: number): boolean => id === active;
  const body = `${stripTypeScriptTypes(code.replaceAll("export const f", "const f"))}\nreturn f;`;
  const f = new Function("globalThis", body)({ [asked]: isActive }) as (...given: unknown[]) => unknown;
  const result = (): unknown => {
    try {
      return f(...given);
    } catch (error) {
      return String(error);
    }
  };
  const results = new Map<string, unknown>([["nothing", result()]]);
  for (const { id, from, to } of mutants) {
    active = id;
    results.set(`${from} -> ${to}`, result());
  }
  return results;
}

describe("each place is changed alone", () => {
  test("conditions and comparisons", () => {
    const results = under("(a: number): string => { if (a < 3) { return 'less'; } return 'more'; }", 3);
    expect(Object.fromEntries(results)).toMatchObject({
      nothing: "more",
      "a < 3 -> true": "less",
      "a < 3 -> false": "more",
      "a < 3 -> a <= 3": "less",
      "a < 3 -> a >= 3": "less",
      "'more' -> \"\"": "",
    });
  });

  test("what belongs to an else stays with its if", () => {
    const f = "(a: number, b: number) => { let c = 0; if (a) if (b) c = 1; else c = 2; else c = 3; return c; }";
    expect(under(f, 1, 0).get("nothing")).toBe(2);
    expect(under(f, 0, 0).get("nothing")).toBe(3);
    expect(under(f, 0, 0).get("c = 3; -> ")).toBe(0);
  });

  test("chains of optional members, and what is called on an object", () => {
    const f = "(a?: { b: { c(): number } }) => a?.b.c()";
    expect(under(f, { b: { c: () => 1 } }).get("nothing")).toBe(1);
    expect(under(f).get("nothing")).toBeUndefined();
    expect(under(f).get("a?.b.c() -> a.b.c()")).toMatch(/^TypeError/);
  });

  test("arithmetic, logic, updates and methods", () => {
    const f =
      "(a: number[]) => { let sum = 0; for (const one of a.slice(1)) sum += one * 2; return Math.max(sum, 1) && sum; }";
    expect(Object.fromEntries(under(f, [1, 2, 3]))).toMatchObject({
      nothing: 10,
      "a.slice(1) -> a": 12,
      "sum += one * 2; -> ": 0,
      "sum += one * 2 -> sum -= one * 2": -10,
      "one * 2 -> one / 2": 2.5,
      "Math.max(sum, 1) && sum -> (Math.max(sum, 1)) || (sum)": 10,
    });
  });

  test("lists, objects, texts and results, but no types and no keys", () => {
    const f = '(a: "x" | "y") => [{ "k": "t" + a }].map((one: Record<"k", string>) => one.k)';
    const results = under(f, "x");
    expect(results.get("nothing")).toEqual(["tx"]);
    expect(results.get("one.k -> undefined")).toEqual([undefined]);
    expect([...results.keys()]).not.toContain('"k" -> ""');
    expect([...results.keys()]).not.toContain('"x" -> ""');
    expect(results.get('[{ "k": "t" + a }] -> []')).toEqual([]);
    expect(results.get('"t" -> ""')).toEqual(["x"]);
    expect(results.get('{ "k": "t" + a } -> {}')).toEqual([undefined]);
  });
});

test("what stands in parentheses stays there", () => {
  const results = under("(a?: number, b?: number) => [(a ?? 5) < (b ?? 3), (2 - 1) * (3 + 1)]");
  expect(Object.fromEntries(results)).toMatchObject({
    nothing: [false, 4],
    "(a ?? 5) < (b ?? 3) -> (a ?? 5) >= (b ?? 3)": [true, 4],
    "(2 - 1) * (3 + 1) -> (2 - 1) / (3 + 1)": [false, 0.25],
  });
});

test("mutants have the line and column of what they change, and ids from the first on", () => {
  const { mutants } = instrument("f.ts", "const a = 1;\nexport const b = [a];\n", 5);
  expect(mutants).toEqual([
    {
      id: 5,
      file: "f.ts",
      line: 2,
      column: 18,
      lineText: "export const b = [a];",
      operator: "list",
      from: "[a]",
      to: "[]",
    },
  ]);
});

test("every file of lib can be run with all of its mutants in it", () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const top = join(import.meta.dirname, "../..");
  for (const file of globSync("lib/**/*.ts", { cwd: top })) {
    const { code } = instrument(file, readFileSync(join(top, file), "utf8"));
    expect(() => stripTypeScriptTypes(code), file).not.toThrow();
  }
  warned.mockRestore();
});

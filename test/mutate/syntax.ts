import { parseAst } from "vitest/node";

/** A node of ESTree, as far as mutating needs it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [name: string]: unknown;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string" && "start" in value;

/** The statements of a TypeScript file, types included. */
export const parsed = (source: string): Node => parseAst(source, { lang: "ts" }) as unknown as Node;

/** What a type assertion leaves at run time is its `expression`. */
const assertions = new Set(["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"]);

/** Children that are code, with the name under which the parent has them, in the order of the text. */
export function children(node: Node): [name: string, child: Node][] {
  if (node.type.startsWith("TS")) {
    return assertions.has(node.type) && isNode(node.expression) ? [["expression", node.expression]] : [];
  }
  const found: [string, Node][] = [];
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) found.push([name, child]);
  }
  return found.sort(([, a], [, b]) => a.start - b.start);
}

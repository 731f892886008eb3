import { changesOf, isEmptiable, isRemovable, type Place } from "./mutators.ts";
import { children, isNode, type Node, parsed } from "./syntax.ts";

/** One change of one place of a file. */
export interface Mutant {
  readonly id: number;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The whole line that it begins in. */
  readonly lineText: string;
  readonly operator: string;
  readonly from: string;
  readonly to: string;
}

/** What the code asks whether a mutant is in force; set by whoever runs it, and else never. */
export const asked = "$mutant";
const header = `const ${asked} = globalThis.${asked} ?? (() => false); `;

/** A file with all of its mutants, each behind a question for its id. */
export interface Instrumented {
  readonly code: string;
  readonly mutants: readonly Mutant[];
}

/** Puts every mutant of a file into its code. Ids count up from `firstId`. */
export function instrument(file: string, source: string, firstId = 0): Instrumented {
  const mutants: Mutant[] = [];
  const lineStarts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const add = (node: Node, operator: string, to: string): number => {
    const line = lineStarts.findLastIndex((start) => start <= node.start);
    const column = node.start - (lineStarts[line] ?? 0) + 1;
    const from = source.slice(node.start, node.end);
    const id = firstId + mutants.length;
    const lineText = source.slice(lineStarts[line], lineStarts[line + 1]).trim();
    mutants.push({ id, file, line: line + 1, column, lineText, operator, from, to });
    return id;
  };

  const inner = (node: Node): string => {
    let text = "";
    let at = node.start;
    for (const [as, child] of children(node)) {
      if (child.start < at) continue;
      text += source.slice(at, child.start) + switched(child, { source, parent: node, as });
      at = child.end;
    }
    return text + source.slice(at, node.end);
  };

  const switched = (node: Node, place: Place): string => {
    if (untouched.has(node.type)) return source.slice(node.start, node.end);
    if (isRemovable(node)) return `{ if (!${asked}(${add(node, "statement", "")})) ${inner(node)} }`;
    if (isEmptiable(node, place)) return `{ if (!${asked}(${add(node, "block", "{}")})) ${inner(node)} }`;
    if (!mayBeWrapped(node, place)) return inner(node);
    const choices = changesOf(node, place).map(
      ({ operator, text }) => `${asked}(${add(node, operator, text)}) ? (${text}) : `,
    );
    return choices.length === 0 ? inner(node) : `(${choices.join("")}(${inner(node)}))`;
  };
  return { code: header + inner(parsed(source)), mutants };
}

const untouched = new Set(["ImportDeclaration", "ExportAllDeclaration", "ImportAttribute", "TemplateElement"]);
const chained = new Set(["MemberExpression", "CallExpression", "ChainExpression"]);

/** Whether another expression may stand here: not where something is named, assigned to or called on its object. */
function mayBeWrapped(node: Node, { parent, as }: Place): boolean {
  switch (parent.type) {
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return as === "value"
        ? node.type !== "FunctionExpression" && parent.shorthand !== true
        : parent.computed === true;
    case "AssignmentExpression":
    case "AssignmentPattern":
    case "ForOfStatement":
    case "ForInStatement":
      return as !== "left";
    case "UpdateExpression":
    case "ChainExpression":
    case "TaggedTemplateExpression":
    case "ImportExpression":
      return false;
    case "UnaryExpression":
      return parent.operator !== "delete";
    case "ExportNamedDeclaration":
    case "ExportSpecifier":
      return false;
    case "CallExpression":
    case "MemberExpression":
      return as === "arguments" || as === "property" || !isInChain(node, as);
    default:
      return true;
  }
}

/** Parentheses would end the chain `a?.b.c` too early, and take its object from a call. */
function isInChain(node: Node, as: string): boolean {
  if (as === "callee") return chained.has(node.type);
  return chained.has(node.type) && hasOptional(node);
}

function hasOptional(node: Node): boolean {
  if (node.optional === true) return true;
  const next = node.object ?? node.callee;
  return node.type !== "ChainExpression" && isNode(next) && hasOptional(next);
}

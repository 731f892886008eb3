import { isNode, type Node } from "./syntax.ts";

/** Another text for a node. */
export interface Change {
  readonly operator: string;
  readonly text: string;
}

/** Where a node stands. */
export interface Place {
  readonly source: string;
  readonly parent: Node;
  /** The parent's name for it. */
  readonly as: string;
}

type Mutator = (node: Node, text: (node: unknown) => string, place: Place) => Change[];

const comparisons: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
};
const arithmetic: Readonly<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "<<": ">>",
  ">>": "<<",
  ">>>": "<<",
  "&": "|",
  "|": "&",
  "^": "&",
};
const logical: Readonly<Record<string, string>> = { "&&": "||", "||": "&&", "??": "&&" };
const assignments: Readonly<Record<string, string>> = {
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*=",
  "<<=": ">>=",
  ">>=": "<<=",
  ">>>=": "<<=",
  "&=": "|=",
  "|=": "&=",
  "^=": "&=",
  "??=": "=",
};
const swapped: Readonly<Record<string, string>> = {
  min: "max",
  max: "min",
  floor: "ceil",
  ceil: "floor",
  some: "every",
  every: "some",
  startsWith: "endsWith",
  endsWith: "startsWith",
  toLowerCase: "toUpperCase",
  toUpperCase: "toLowerCase",
};
/** Methods whose receiver is of the kind of their result. */
const removable = new Set([
  ...["slice", "filter", "sort", "toSorted", "reverse", "toReversed", "trim", "trimStart", "trimEnd", "flat"],
  ...["replace", "replaceAll", "toWellFormed", "padStart", "padEnd", "subarray"],
]);

const loops = new Set(["WhileStatement", "DoWhileStatement", "ForStatement"]);
const conditionals = new Set(["IfStatement", "ConditionalExpression", ...loops]);
const isComparison = (node: Node): boolean => node.type === "BinaryExpression" && String(node.operator) in comparisons;
const isCondition = (node: Node): boolean =>
  isComparison(node) || (node.type === "LogicalExpression" && node.operator !== "??");
const isTextual = (node: unknown): boolean =>
  isNode(node) &&
  ((node.type === "Literal" && typeof node.value === "string") ||
    node.type === "TemplateLiteral" ||
    (node.type === "BinaryExpression" && (isTextual(node.left) || isTextual(node.right))));

/** Conditions that always or never hold; not those that say the same as one of the whole condition. */
function condition(node: Node, { parent, as }: Place): Change[] {
  const isTest = as === "test" && conditionals.has(parent.type);
  if (!isTest && !isCondition(node)) return [];
  if (node.type === "Literal") return [];
  const operator = parent.type === "LogicalExpression" ? parent.operator : undefined;
  const always = operator !== "||" && !(isTest && loops.has(parent.type));
  const never = operator !== "&&";
  return [...(always ? ["true"] : []), ...(never ? ["false"] : [])].map((text) => ({ operator: "condition", text }));
}

const binary: Mutator = (node, text, { source }) => {
  const { operator, left, right } = node;
  const others = comparisons[String(operator)];
  const other = arithmetic[String(operator)];
  if (others === undefined && (other === undefined || isTextual(left) || isTextual(right))) return [];
  // What stands in parentheses begins behind them.
  const isGrouped = isNode(left) && isNode(right) && source.slice(left.end, right.start).includes("(");
  const first = isNode(left) && left.start > node.start ? `(${text(left)})` : text(left);
  const second = isGrouped ? `(${text(right)})` : text(right);
  if (others === undefined) return [{ operator: "arithmetic", text: `${first} ${other} ${second}` }];
  return others.map((other) => ({ operator: "comparison", text: `${first} ${other} ${second}` }));
};

const call: Mutator = ({ callee, arguments: given }, text) => {
  if (!isNode(callee) || callee.type !== "MemberExpression" || callee.computed === true) return [];
  const { object, property } = callee;
  const name = text(property);
  const list = (given as readonly Node[]).map(text).join(", ");
  const other = Object.hasOwn(swapped, name) ? swapped[name] : undefined;
  if (other !== undefined) return [{ operator: "method", text: `${text(object)}.${other}(${list})` }];
  // Buffer.from(…).slice and [].slice alike; Object.is and others have a class before them, which is no value to keep.
  if (!removable.has(name) || /^[A-Z]\w*$/.test(text(object))) return [];
  return [{ operator: "method", text: text(object) }];
};

const hasElements = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

const expressions: Readonly<Record<string, Mutator>> = {
  BinaryExpression: binary,
  CallExpression: call,
  LogicalExpression: ({ operator, left, right }, text) => {
    const other = logical[String(operator)];
    return other === undefined ? [] : [{ operator: "logical", text: `(${text(left)}) ${other} (${text(right)})` }];
  },
  UnaryExpression: ({ operator, argument }, text) =>
    ["!", "-", "~"].includes(String(operator)) && !(isNode(argument) && argument.type === "Literal")
      ? [{ operator: "unary", text: text(argument) }]
      : [],
  UpdateExpression: ({ operator, prefix, argument }, text) => {
    const other = operator === "++" ? "--" : "++";
    return [{ operator: "update", text: prefix === true ? other + text(argument) : text(argument) + other }];
  },
  AssignmentExpression: ({ operator, left, right }, text) => {
    const other = assignments[String(operator)];
    if (other === undefined || isTextual(right)) return [];
    return [{ operator: "assignment", text: `${text(left)} ${other} ${text(right)}` }];
  },
  Literal: ({ value }) => {
    if (typeof value === "boolean") return [{ operator: "boolean", text: String(!value) }];
    if (typeof value === "string") return [{ operator: "text", text: value === "" ? '"mutant"' : '""' }];
    return [];
  },
  TemplateLiteral: () => [{ operator: "text", text: '""' }],
  ArrayExpression: ({ elements }) => [{ operator: "list", text: hasElements(elements) ? "[]" : '["mutant"]' }],
  ObjectExpression: ({ properties }) => (hasElements(properties) ? [{ operator: "object", text: "{}" }] : []),
  ChainExpression: (node, text) => {
    const plain = text(node).replaceAll("?.[", "[").replaceAll("?.(", "(").replaceAll("?.", ".");
    return [{ operator: "optional", text: plain }];
  },
};

/** What may stand in place of an expression. */
export function changesOf(node: Node, place: Place): Change[] {
  const text = (part: unknown): string => (isNode(part) ? place.source.slice(part.start, part.end) : "");
  const own = Object.hasOwn(expressions, node.type) ? (expressions[node.type]?.(node, text, place) ?? []) : [];
  const isResult =
    place.as === "body" && place.parent.type === "ArrowFunctionExpression" && node.type !== "BlockStatement";
  const result = isResult ? [{ operator: "result", text: "undefined" }] : [];
  const seen = new Set<string>([text(node)]);
  return [...condition(node, place), ...own, ...result].filter(
    (change) => !seen.has(change.text) && seen.add(change.text),
  );
}

const isSuper = (node: unknown): boolean =>
  isNode(node) && node.type === "CallExpression" && isNode(node.callee) && node.callee.type === "Super";

/** Whether the code may do without a statement: it declares nothing, and returns nothing. */
export function isRemovable(node: Node): boolean {
  switch (node.type) {
    case "ExpressionStatement":
      return typeof node.directive !== "string" && !isSuper(node.expression);
    case "ReturnStatement":
      return !isNode(node.argument);
    case "ThrowStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return true;
    default:
      return false;
  }
}

/** Whether a block may be emptied. One whose only statement can be removed by itself would say the same twice. */
export function isEmptiable({ type, body }: Node, { parent }: Place): boolean {
  if (type !== "BlockStatement" || !Array.isArray(body) || body.length === 0) return false;
  if (parent.type === "CatchClause" || body.some((statement) => isSuper((statement as Node).expression))) return false;
  return !(body.length === 1 && isRemovable(body[0] as Node));
}

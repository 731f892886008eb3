import { invalid } from "../failure.ts";
import { isNode, type SyntaxNode } from "./syntax-tree.ts";

/**
 * The tree of a query, with DuckDB's operators, casts and functions replaced where they mean something else in Trino.
 * Only for a tree that the guard has passed: the added nodes may call functions that a query may not.
 */
export function trinoMeaning(tree: SyntaxNode): SyntaxNode {
  return replaced(tree) as SyntaxNode;
}

function replaced(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(replaced);
  if (!isNode(value) || "rawJSON" in value) return value;
  const node = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, replaced(child)]));
  switch (node.class) {
    case "FUNCTION":
      return named(node, ofFunction(node));
    case "CAST":
      return named(node, ofCast(node));
    case "CONSTANT":
      return named(node, isDouble(node) ? double(value) : node);
    case "OPERATOR":
      return named(node, node.type === "ARRAY_EXTRACT" ? call("ts_subscript", childrenOf(node)) : node);
    default:
      return node;
  }
}

/** What stands for a node keeps its alias. */
const named = ({ alias }: SyntaxNode, node: SyntaxNode): SyntaxNode => ({ ...node, alias });

const childrenOf = ({ children }: SyntaxNode): SyntaxNode[] => (Array.isArray(children) ? children.filter(isNode) : []);

const base = { alias: "", query_location: 0 } as const;

function call(name: string, children: readonly SyntaxNode[]): SyntaxNode {
  return {
    ...base,
    class: "FUNCTION",
    type: "FUNCTION",
    function_name: name,
    schema: "",
    children: children.map((child) => ({ ...child, alias: "" })),
    filter: null,
    order_bys: { type: "ORDER_MODIFIER", orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
    catalog: "",
  };
}

const text = (value: string): SyntaxNode => ({
  ...base,
  class: "CONSTANT",
  type: "VALUE_CONSTANT",
  value: { type: { id: "VARCHAR", type_info: null }, is_null: false, value },
});

const isDouble = ({ value }: SyntaxNode): boolean =>
  isNode(value) && value.is_null === false && isNode(value.type) && value.type.id === "DOUBLE";

/** DuckDB writes a double as it does a decimal: as a cast it stays one. */
const double = ({ value }: SyntaxNode): SyntaxNode => ({
  ...base,
  class: "CAST",
  type: "OPERATOR_CAST",
  child: text(String(JSON.parse(JSON.stringify((value as SyntaxNode).value)))),
  cast_type: { id: "DOUBLE", type_info: null },
  try_cast: false,
});

const isNull = (child: SyntaxNode): SyntaxNode => ({
  ...base,
  class: "OPERATOR",
  type: "OPERATOR_IS_NULL",
  children: [child],
});

type Replacement = (node: SyntaxNode, children: SyntaxNode[]) => SyntaxNode;

/** NULL among the arguments gives NULL, where DuckDB steps over it. */
const unlessNull: Replacement = (node, children) => {
  const anyNull = { ...base, class: "CONJUNCTION", type: "CONJUNCTION_OR", children: children.map(isNull) };
  return children.length < 2 ? node : call("ts_unless", [anyNull, node]);
};

const binary =
  (name: string): Replacement =>
  (node, children) =>
    children.length === 2 ? call(name, children) : node;

const divide: Replacement = (node, [left, right]) => {
  if (left === undefined || right === undefined) return node;
  if (kindOf(left) !== "interval") return call("ts_divide", [left, right]);
  const one = { ...whole(1), value: { type: { id: "DOUBLE", type_info: null }, is_null: false, value: 1 } };
  return { ...call("*", [left, call("ts_divide", [double(one), right])]), is_operator: true };
};

const shift: Replacement = (node, children) => {
  const [left, right] = children;
  if (left === undefined || right === undefined) return node;
  const sign = String(node.function_name);
  const [a, b] = [kindOf(left), kindOf(right)];
  if (sign === "-" && a === "date" && b === "date") return call("ts_days_between", [left, right]);
  if ((a === "date" && b === "number") || (a === "number" && b === "date")) {
    const kinds = [a, b].map((kind) => (kind === "number" ? "integer" : kind));
    throw invalid(`Cannot apply operator: ${kinds.join(` ${sign} `)}`);
  }
  if (b === "interval" && a !== "interval") return call("ts_shift", [left, node]);
  if (a === "interval" && b !== "interval" && sign === "+") return call("ts_shift", [right, node]);
  return node;
};

/** EXTRACT's fields, and the function of DuckDB for each. Monday is 1. */
const FIELDS: Readonly<Record<string, string>> = {
  year: "year",
  quarter: "quarter",
  month: "month",
  week: "week",
  day: "day",
  day_of_month: "day",
  day_of_week: "isodow",
  dow: "isodow",
  day_of_year: "dayofyear",
  doy: "dayofyear",
  year_of_week: "isoyear",
  yow: "isoyear",
  hour: "hour",
  minute: "minute",
  second: "second",
};

const extract: Replacement = (node, [field, ...from]) => {
  const value = isNode(field?.value) ? String(field.value.value).toLowerCase() : "";
  const name = Object.hasOwn(FIELDS, value) ? FIELDS[value] : undefined;
  if (name === undefined) throw invalid(`Invalid EXTRACT field: ${value.toUpperCase()}`);
  return from.length === 1 ? call(name, from) : node;
};

const sequence: Replacement = (node, [from, to, step]) => {
  if (from === undefined || to === undefined || kindOf(from) !== "date") return node;
  return call("ts_sequence_of_dates", [from, to, step ?? call("to_days", [whole(1)])]);
};

const whole = (value: number): SyntaxNode => ({
  ...base,
  class: "CONSTANT",
  type: "VALUE_CONSTANT",
  value: { type: { id: "INTEGER", type_info: null }, is_null: false, value },
});

/** A series is filled in at the times of an array, or at one time, to one value. */
const interpolate =
  (kind: string): Replacement =>
  (node, [series, times, ...more]) =>
    series !== undefined && times !== undefined && isTime(times)
      ? call(`ts_${kind}_value`, [series, times, ...more])
      : node;

const FUNCTIONS: Readonly<Record<string, Replacement>> = {
  "/": divide,
  "%": binary("ts_mod"),
  "+": shift,
  "-": shift,
  date_part: extract,
  greatest: unlessNull,
  least: unlessNull,
  concat: (node, [first, ...rest]) =>
    first === undefined
      ? node
      : rest.reduce((joined, next) => ({ ...call("||", [joined, next]), is_operator: true }), first),
  ts_sequence: sequence,
  ts_interpolate_linear: interpolate("linear"),
  ts_interpolate_locf: interpolate("locf"),
  ts_interpolate_fill: interpolate("fill"),
  // The second is how exact it should be.
  approx_count_distinct: (node, children) => ({ ...node, children: children.slice(0, 1) }),
};

function ofFunction(node: SyntaxNode): SyntaxNode {
  const name = String(node.function_name);
  const replace = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  return replace?.(node, childrenOf(node)) ?? node;
}

const WHOLE: Readonly<Record<string, string>> = {
  TINYINT: "tinyint",
  SMALLINT: "smallint",
  INTEGER: "integer",
  BIGINT: "bigint",
};

/** Types that a query may name ("Supported data types", and those of Trino that come without saying). */
const TYPES: ReadonlySet<string> = new Set([
  ...Object.keys(WHOLE),
  ..."BOOLEAN FLOAT DOUBLE DECIMAL VARCHAR DATE TIME TIMESTAMP INTERVAL LIST STRUCT".split(" "),
  "TIMESTAMP WITH TIME ZONE",
]);

function ofCast(node: SyntaxNode): SyntaxNode {
  const { child, cast_type: type, try_cast: isTry } = node;
  if (!isNode(child) || !isNode(type)) return node;
  const id = String(type.id);
  const orNull = isTry === true ? "_or_null" : "";
  if (id === "VARCHAR") return call("ts_varchar", [child]);
  if (id === "BOOLEAN") return { ...node, child: call(`ts_truth${orNull}`, [child]) };
  if (id === "TIMESTAMP")
    return { ...node, child: call(`ts_time${orNull}`, [child]), cast_type: { ...type, id: "TIMESTAMP_NS" } };
  const name = Object.hasOwn(WHOLE, id) ? WHOLE[id] : undefined;
  if (name !== undefined) return { ...node, child: call(`ts_whole${orNull}`, [child, text(name)]) };
  if (!TYPES.has(id)) throw invalid(`Unknown type: ${typeName(type)}`);
  return node;
}

function typeName({ id, type_info: info }: SyntaxNode): string {
  const name = isNode(info) && typeof info.name === "string" ? info.name : String(id);
  return name.toLowerCase();
}

type Kind = "interval" | "date" | "number" | undefined;

/** What an expression is, as far as it can be told without the columns' types. */
function kindOf(node: SyntaxNode): Kind {
  const [first, , third] = childrenOf(node);
  const name = String(node.function_name ?? "");
  if (node.class === "CAST") return castKind(node);
  if (node.class === "CONSTANT") return isNode(node.value) && isNumber(node.value) ? "number" : undefined;
  if (node.class !== "FUNCTION" || first === undefined) return undefined;
  if (/^to_(years|months|weeks|days|hours|minutes|seconds)$/.test(name) || name === "ts_days_between")
    return "interval";
  if (["ts_date", "last_day", "ts_from_iso8601_date"].includes(name)) return "date";
  if (name === "ts_date_trunc" || name === "ts_date_add") return dateOrNone(childrenOf(node).at(-1) ?? third);
  if (name === "ts_shift") return dateOrNone(first);
  if (["+", "-", "*"].includes(name))
    return childrenOf(node).some((child) => kindOf(child) === "interval") ? "interval" : undefined;
  return undefined;
}

const dateOrNone = (node: SyntaxNode | undefined): Kind =>
  node !== undefined && kindOf(node) === "date" ? "date" : undefined;

function castKind({ cast_type: type }: SyntaxNode): Kind {
  if (!isNode(type)) return undefined;
  return type.id === "INTERVAL" ? "interval" : type.id === "DATE" ? "date" : undefined;
}

const isNumber = ({ type }: SyntaxNode): boolean => isNode(type) && ["INTEGER", "BIGINT"].includes(String(type.id));

const TIME_FUNCTIONS = /^(ts_(now|ago|date_trunc|date_add|date_parse|from_\w+|bin_time|shift)|max|min)$/;

/** Whether an expression is one time and no array of times. */
function isTime(node: SyntaxNode): boolean {
  if (node.class === "CAST") return isNode(node.cast_type) && String(node.cast_type.id).startsWith("TIMESTAMP");
  return node.class === "FUNCTION" && TIME_FUNCTIONS.test(String(node.function_name));
}

import { invalid } from "../failure.ts";
import { CALLABLE } from "./functions.ts";
import { isNode, type SyntaxNode } from "./syntax-tree.ts";

export interface GuardContext {
  /** Whether the DuckDB schema and view belong to a Timestream table. */
  isTable(schema: string, name: string): boolean;
}

/** Kinds of query, of sources in FROM, and of expressions that Timestream SQL can come to. All others are refused. */
const QUERIES: ReadonlySet<unknown> = new Set(["SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE"]);
const SOURCES: ReadonlySet<unknown> = new Set([
  "BASE_TABLE",
  "SUBQUERY",
  "JOIN",
  "TABLE_FUNCTION",
  "EXPRESSION_LIST",
  "EMPTY",
]);
const EXPRESSIONS: ReadonlySet<unknown> = new Set([
  "BETWEEN",
  "CASE",
  "CAST",
  "COLUMN_REF",
  "COMPARISON",
  "CONJUNCTION",
  "CONSTANT",
  "FUNCTION",
  "OPERATOR",
  "STAR",
  "SUBQUERY",
  "WINDOW",
]);

/**
 * Refuses a query that touches anything but Timestream tables and known functions. It judges DuckDB's own reading
 * of the rewritten query, so it does not depend on the rewrite having understood it.
 */
export function guard(tree: SyntaxNode, context: GuardContext): void {
  visit(tree, new Set(), context);
}

function visit(value: unknown, names: ReadonlySet<string>, context: GuardContext): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, names, context);
    return;
  }
  if (!isNode(value)) return;
  check(value, names, context);
  if (value.class === "CONSTANT") return;
  const inner = visitCommonTables(value, names, context);
  for (const [key, child] of Object.entries(value)) if (key !== "cte_map") visit(child, inner, context);
}

/** Each common table sees those before it, and the query sees them all. */
function visitCommonTables(node: SyntaxNode, names: ReadonlySet<string>, context: GuardContext): ReadonlySet<string> {
  const map = isNode(node.cte_map) ? node.cte_map.map : undefined;
  if (!Array.isArray(map) || map.length === 0) return names;
  const known = new Set(names);
  for (const entry of map as SyntaxNode[]) {
    visit(entry.value, known, context);
    known.add(String(entry.key).toLowerCase());
  }
  return known;
}

function check(node: SyntaxNode, names: ReadonlySet<string>, context: GuardContext): void {
  const { class: expression, type } = node;
  if (typeof expression === "string") {
    if (!EXPRESSIONS.has(expression)) throw invalid(`Expressions of kind ${expression} are not part of Timestream SQL`);
    if (expression === "FUNCTION" || expression === "WINDOW") checkFunction(node);
    if (expression === "STAR") checkStar(node);
    return;
  }
  if (typeof type !== "string") return;
  if (type.endsWith("_NODE")) {
    if (!QUERIES.has(type)) throw invalid(`Queries of kind ${type} are not part of Timestream SQL`);
    if (node.qualify || node.sample) throw invalid("QUALIFY and SAMPLE are not part of Timestream SQL");
    return;
  }
  // Of what is left, sources are the nodes with a place for TABLESAMPLE.
  if (!("sample" in node)) return;
  if (node.sample) throw invalid("TABLESAMPLE is not part of Timestream SQL");
  if (!SOURCES.has(type)) throw invalid(`Sources of kind ${type} are not part of Timestream SQL`);
  if (type === "BASE_TABLE") checkTable(node, names, context);
  if (type === "TABLE_FUNCTION") checkTableFunction(node);
}

function checkFunction(node: SyntaxNode): void {
  const name = String(node.function_name);
  const schema = String(node.schema ?? "");
  if (!CALLABLE.has(name) || (schema !== "" && schema !== "main")) throw invalid(`Function ${name} not registered`);
}

/** `EXCLUDE`, `REPLACE` and `COLUMNS(...)` are DuckDB's alone. */
function checkStar(node: SyntaxNode): void {
  const lists = ["exclude_list", "replace_list", "qualified_exclude_list", "rename_list"];
  const extended = lists.some((key) => Array.isArray(node[key]) && node[key].length > 0);
  if (extended || node.columns === true || node.expr) throw invalid("Only a plain * is part of Timestream SQL");
}

function checkTable(node: SyntaxNode, names: ReadonlySet<string>, context: GuardContext): void {
  const schema = String(node.schema_name);
  const name = String(node.table_name);
  const catalog = String(node.catalog_name);
  if (catalog === "" && schema === "" && names.has(name.toLowerCase())) return;
  if (catalog === "" && context.isTable(schema, name)) return;
  const parts = [catalog, schema, name].filter((part) => part !== "");
  throw invalid(`The table ${parts.join(".")} does not exist.`);
}

function checkTableFunction(node: SyntaxNode): void {
  const call = node.function;
  const name = isNode(call) ? String(call.function_name) : "";
  if (name !== "unnest") throw invalid(`Function ${name} not registered as a table function`);
}

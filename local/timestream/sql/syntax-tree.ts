import type { DuckDBConnection } from "@duckdb/node-api";
import { invalid } from "../failure.ts";
import { literal } from "./quoting.ts";

/** A node of the tree that DuckDB's `json_serialize_sql` gives. */
export type SyntaxNode = { readonly [key: string]: unknown };

/** DuckDB's own reading of one SELECT statement; anything else, or more than one, is a ValidationException. */
export async function parseSelect(connection: DuckDBConnection, sql: string): Promise<SyntaxNode> {
  const result = await connection.runAndReadAll(`SELECT json_serialize_sql(${literal(sql)})`);
  const tree = JSON.parse(String(result.getRows()[0]?.[0]), exactNumber) as {
    error: boolean;
    error_message?: string;
    statements?: { node: SyntaxNode }[];
  };
  if (tree.error) throw new Error(`Parser Error: ${tree.error_message ?? "the query could not be read"}`);
  const [statement, ...more] = tree.statements ?? [];
  if (!statement || more.length > 0) throw invalid(`Expected one statement, got ${tree.statements?.length ?? 0}`);
  return statement.node;
}

/** The query that a tree stands for. */
export async function treeSql(connection: DuckDBConnection, node: SyntaxNode): Promise<string> {
  const tree = JSON.stringify({ error: false, statements: [{ node, named_param_map: [] }] });
  const result = await connection.runAndReadAll(`SELECT json_deserialize_sql(${literal(tree)})`);
  return String(result.getRows()[0]?.[0]);
}

const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => SyntaxNode };

/** Numbers stay as they are written: 1e7 is a double, and whole numbers may be beyond 2^53. */
function exactNumber(_key: string, value: unknown, { source = "" }: { source?: string } = {}): unknown {
  return typeof value === "number" && !/^-?\d{1,15}$/.test(source) ? rawJSON(source) : value;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

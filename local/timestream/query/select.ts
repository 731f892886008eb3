import type { Catalog } from "../catalog/catalog.ts";
import { databaseSchema } from "../catalog/table.ts";
import type { Engine } from "../engine.ts";
import { invalid } from "../failure.ts";
import { QUOTAS } from "../quotas.ts";
import { complaint } from "../sql/complaint.ts";
import { guard } from "../sql/guard.ts";
import { outputNames } from "../sql/output-names.ts";
import { rewrite } from "../sql/rewrite.ts";
import { parseSelect, treeSql } from "../sql/syntax-tree.ts";
import { tokenize } from "../sql/token.ts";
import { trinoMeaning } from "../sql/trino-meaning.ts";
import { QueryConnection, type RowSource, resultSource } from "./row-source.ts";
import { show } from "./show.ts";

export interface SelectContext {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly nowMs: number;
  /** Called with the means to stop the query, before anything runs. */
  onStart(interrupt: () => void): void;
}

const STARTS: ReadonlySet<string> = new Set(["select", "with", "values", "("]);

/** Starts a query. What is wrong with it becomes a ValidationException. */
export async function openQuery(query: string, context: SelectContext): Promise<RowSource> {
  if (Buffer.byteLength(query) > QUOTAS.queryStringBytes) {
    throw invalid(`Expected a query of at most ${QUOTAS.queryStringBytes} bytes, got ${Buffer.byteLength(query)}`);
  }
  const tokens = tokenize(query);
  while (tokens.at(-1)?.text === ";") tokens.pop();
  const known = show(context.catalog, tokens);
  if (known) return known;
  const [first] = tokens;
  if (!first || !STARTS.has(first.value)) {
    throw invalid(
      `line 1:1: mismatched input '${first?.text ?? "<EOF>"}'. Expecting: 'SELECT', 'WITH', 'SHOW' or 'DESCRIBE'`,
    );
  }
  const { databases } = context.catalog;
  const sql = rewrite(tokens, {
    nowMs: context.nowMs,
    hasTable: (database, table) => databases.get(database)?.tables.has(table) ?? false,
  });
  return startSelect(sql, context);
}

async function startSelect(sql: string, { engine, catalog, onStart }: SelectContext): Promise<RowSource> {
  const query = new QueryConnection(await engine.connect());
  const { connection } = query;
  try {
    onStart(() => query.interrupt());
    const tree = await parseSelect(connection, sql);
    guard(tree, { isTable: (schema, name) => isTable(catalog, schema, name) });
    const result = await connection.stream(await treeSql(connection, trinoMeaning(tree)));
    return resultSource(query, result, outputNames(tree, result.columnNames()));
  } catch (error) {
    query.close();
    throw complaint(error);
  }
}

function isTable(catalog: Catalog, schema: string, name: string): boolean {
  const prefix = databaseSchema("");
  return schema.startsWith(prefix) && (catalog.databases.get(schema.slice(prefix.length))?.tables.has(name) ?? false);
}

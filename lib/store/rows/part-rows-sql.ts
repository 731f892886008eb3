import { sqlInteger, sqlName, sqlText } from "./sql.ts";
import type { PartRowsQuestion } from "./store.ts";

/**
 * The SQL of a question about parts: their rows with events, those of a later version only. Columns: the part, its rows,
 * the sum of their counts, the first and the last bucket in epoch milliseconds, and the sum of their absolute sums where it
 * is wanted.
 */
export function partRowsSql(
  { fromMs, toMs, parts, withSums = false }: PartRowsQuestion,
  database: string,
  table: string,
): string {
  return [
    'SELECT "part" AS p, count(*) AS r, sum("count") AS c,',
    "to_milliseconds(min(time)) AS f, to_milliseconds(max(time)) AS l",
    ...(withSums ? [', sum(abs("sum")) AS s'] : []),
    `FROM ${sqlName(database)}.${sqlName(table)}`,
    `WHERE time >= from_milliseconds(${sqlInteger(fromMs)}) AND time < from_milliseconds(${sqlInteger(toMs)})`,
    'AND "count" > 0',
    ...(parts === undefined ? [] : [`AND "part" IN (${parts.map(sqlText).join(", ")})`]),
    'GROUP BY "part"',
  ].join(" ");
}

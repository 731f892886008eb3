import { noValue } from "./row.ts";
import { sqlInteger, sqlName, sqlText } from "./sql.ts";
import type { MetricQuestion } from "./store.ts";

/**
 * The SQL of a question. It adds up parts, always, and leaves out rows that a changed definition took back (`count` 0).
 * Columns: the bucket's start in epoch milliseconds, the dimensions in order, the value.
 */
export function metricSql(question: MetricQuestion, database: string, table: string): string {
  const { every, by, where, measure, order } = question;
  const bucket = every === undefined ? undefined : `bin(time, ${every})`;
  const time = bucket === undefined ? sqlInteger(question.fromMs) : `to_milliseconds(${bucket})`;
  const dimension = (alias: string): string => `COALESCE(${sqlName(alias)}, ${sqlText(noValue)})`;
  const groups = [...(bucket === undefined ? [] : [bucket]), ...by.map(dimension)];
  const direction = order.descending ? "DESC" : "ASC";
  // Ties are settled by the other columns, so that the same question has the same answer.
  const columns = [1, ...by.map((_, index) => index + 2)];
  const value = by.length + 2;
  const sorted =
    order.column === "value" ? [`${value} ${direction}`, ...columns] : [`1 ${direction}`, ...columns.slice(1)];
  return [
    `SELECT ${[`${time} AS t`, ...by.map((alias, index) => `${dimension(alias)} AS d${index}`)].join(", ")},`,
    `sum(${sqlName(measure)}) AS v`,
    `FROM ${sqlName(database)}.${sqlName(table)}`,
    `WHERE measure_name = ${sqlText(question.metric)} AND "def" = ${sqlText(question.def)} AND "count" > 0`,
    `AND time >= from_milliseconds(${sqlInteger(question.fromMs)}) AND time < from_milliseconds(${sqlInteger(question.toMs)})`,
    ...[...valuesByAlias(where)].map(([alias, values]) => `AND ${dimension(alias)} ${isOneOf(values)}`),
    ...(groups.length === 0 ? ["HAVING count(*) > 0"] : [`GROUP BY ${groups.join(", ")}`]),
    `ORDER BY ${sorted.join(", ")}`,
    `LIMIT ${sqlInteger(question.limit)}`,
  ].join(" ");
}

/** Values of one dimension are alternatives; conditions on several dimensions all hold. */
function valuesByAlias(where: MetricQuestion["where"]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [alias, value] of where) values.set(alias, [...(values.get(alias) ?? []), value]);
  return values;
}

const isOneOf = (values: readonly string[]): string =>
  values.length === 1 ? `= ${values.map(sqlText).join()}` : `IN (${values.map(sqlText).join(", ")})`;

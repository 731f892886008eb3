import { parseArgs } from "node:util";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { configFile, loadConfig } from "../../lib/config/load.ts";
import { environmentNames, names } from "../../lib/names.ts";
import {
  type Answer,
  type AnswerRow,
  answerQuestion,
  type MetricSummary,
  metricSummaries,
} from "../../lib/query/answer.ts";
import { connectQueryPorts } from "../../lib/query/connect.ts";
import { limitMax, readQuestion } from "../../lib/query/question.ts";
import { chooseEndpoint, endpointOptions } from "../endpoint.ts";
import { valuesOfOptions } from "../option-values.ts";
import { csvTable, textTable } from "../table.ts";
import { UsageError } from "../usage-error.ts";

export const queryUsage = `millrace query [METRIC] [--from -1h] [--to now] [--every 1m|5m|15m|1h|1d|all] [--by DIMENSION,...]
    [--where DIMENSION:VALUE]... [--order time|-time|value|-value] [--limit N] [--format table|json|csv]
    [--config FILE] [--aws]
  Prints a metric; without METRIC, which metrics there are.`;

const questionOptions = {
  from: { type: "string" },
  to: { type: "string" },
  every: { type: "string" },
  by: { type: "string" },
  where: { type: "string", multiple: true },
  order: { type: "string" },
  limit: { type: "string" },
} as const;

/** What a row may say of itself: a sign with a note in a table, a column of its own in a CSV file. */
const marks = [
  {
    field: "open",
    sign: "*",
    note: "* A part of these events is being written as you read: ask again for the whole number.\n",
  },
  {
    field: "partial",
    sign: "~",
    note: "~ The range begins or ends within this bucket: it may have more events than these.\n",
  },
] as const;

/** An answer as it is printed; `by` are the dimensions that were asked for, which an answer without rows does not say. */
export const queryFormats: Readonly<Record<string, (answer: Answer, by?: readonly string[]) => string>> = {
  table: (answer, by) => {
    const notes = marks.filter(({ field }) => answer.rows.some((row) => row[field] === true)).map(({ note }) => note);
    const signs = (row: AnswerRow): string =>
      marks.map(({ field, sign }) => (row[field] === true ? sign : "")).join("");
    return `${textTable(cellsOf(answer, by, notes.length === 0 ? [] : [["", signs]]))}${notes.join("")}`;
  },
  csv: (answer, by) => {
    const marked = marks.filter(({ field }) => answer.rows.some((row) => row[field] === true));
    const columns = marked.map(({ field }): MarkColumn => [field, (row) => (row[field] === true ? "true" : "")]);
    return csvTable(cellsOf(answer, by, columns));
  },
  json: (answer) => `${JSON.stringify(answer, null, 2)}\n`,
};

/** The metrics that there are, as they are printed. */
const listFormats: Readonly<Record<string, (metrics: readonly MetricSummary[]) => string>> = {
  table: (metrics) => textTable(metricCells(metrics)),
  csv: (metrics) => csvTable(metricCells(metrics)),
  json: (metrics) => `${JSON.stringify({ metrics }, null, 2)}\n`,
};

const metricCells = (metrics: readonly MetricSummary[]): string[][] => [
  ["metric", "measure", "dimensions"],
  ...metrics.map(({ name, measure, dimensions }) => [name, measure, dimensions.join(", ")]),
];

/** `millrace query`: the same questions as the HTTP API takes, asked of Timestream itself. */
export async function query(parameters: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: valuesOfOptions(parameters),
    options: {
      ...questionOptions,
      ...endpointOptions,
      format: { type: "string", default: "table" },
      config: { type: "string" },
    },
    allowPositionals: true,
  });
  const format = Object.hasOwn(queryFormats, values.format) ? queryFormats[values.format] : undefined;
  if (format === undefined)
    throw new UsageError(`Expected --format ${Object.keys(queryFormats).join("|")}, got ${values.format}`);
  chooseEndpoint(values);
  const definitions = definitionsOf(await loadConfig(configFile(values.config)));
  const [metric, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`Expected one metric, got ${positionals.join(", ")}`);
  if (metric === undefined) {
    process.stdout.write(listFormats[values.format]?.(metricSummaries(definitions)) ?? "");
    return;
  }
  const question = new URLSearchParams({ limit: String(limitMax) });
  for (const name of Object.keys(questionOptions) as (keyof typeof questionOptions)[]) {
    const given = values[name];
    if (given === undefined) continue;
    if (Array.isArray(given)) for (const one of given) question.append(name, one);
    else question.set(name, given);
  }
  const place = { stream: names.stream, database: names.database, ledger: names.ledger } as const;
  const ports = connectQueryPorts(
    Object.fromEntries(Object.entries(place).map(([of, name]) => [environmentNames[of as keyof typeof place], name])),
  );
  const asked = readQuestion(metric, question, definitions, Date.now());
  const answer = await answerQuestion(asked, ports);
  process.stdout.write(format(answer, asked.by));
  if (answer.truncated)
    process.stderr.write(`Only the first ${answer.rows.length} rows: ask for fewer, or page by --from\n`);
}

/** A head, and what stands under it of each row. */
type MarkColumn = readonly [head: string, mark: (row: AnswerRow) => string];

function cellsOf(
  { rows, every }: Answer,
  by: readonly string[] = [],
  marked: readonly MarkColumn[] = [],
): (string | number)[][] {
  const [first] = rows;
  const named = first === undefined ? ["time", ...by, "value"] : Object.keys(first);
  const isOurs = (column: string): boolean =>
    marks.some(({ field }) => field === column) || (column === "time" && every === "all");
  const columns = named.filter((column) => !isOurs(column));
  const cells = rows.map((row) => [
    ...columns.map((column) => cellOf(row[column])),
    ...marked.map(([, mark]) => mark(row)),
  ]);
  return [[...columns, ...marked.map(([head]) => head)], ...cells];
}

const cellOf = (value: AnswerRow[string] | undefined): string | number =>
  typeof value === "number" || typeof value === "string" ? value : "";

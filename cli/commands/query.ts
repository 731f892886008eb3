import { parseArgs } from "node:util";
import { definitionsOf } from "../../lib/definitions.ts";
import { configFile, loadConfig } from "../../lib/load-config.ts";
import { environmentNames, names } from "../../lib/names.ts";
import { type Answer, type AnswerRow, answerQuestion, metricSummaries } from "../../lib/query/answer.ts";
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

const openMark = "*";
const openNote = `${openMark} A part of these events is being written as you read: ask again for the whole number.\n`;

/** An answer as it is printed. A bucket that is open has a mark in a table, and a column of its own in a CSV file. */
export const queryFormats: Readonly<Record<string, (answer: Answer) => string>> = {
  table: (answer) => {
    const note = answer.rows.some(isOpen) ? openNote : "";
    return `${textTable(cellsOf(answer, ["", (row) => (isOpen(row) ? openMark : "")]))}${note}`;
  },
  csv: (answer) => csvTable(cellsOf(answer, ["open", (row) => (isOpen(row) ? "true" : "")])),
  json: (answer) => `${JSON.stringify(answer, null, 2)}\n`,
};

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
    const rows = metricSummaries(definitions).map(({ name, measure, dimensions }) => [
      name,
      measure,
      dimensions.join(", "),
    ]);
    process.stdout.write(textTable([["metric", "measure", "dimensions"], ...rows]));
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
  const answer = await answerQuestion(readQuestion(metric, question, definitions, Date.now()), ports);
  process.stdout.write(format(answer));
  if (answer.truncated)
    process.stderr.write(`Only the first ${answer.rows.length} rows: ask for fewer, or page by --from\n`);
}

const isOpen = ({ open }: AnswerRow): boolean => open === true;

/** A head, and what stands under it of each row; left out where nothing of the answer is open. */
type MarkColumn = readonly [head: string, mark: (row: AnswerRow) => string];

function cellsOf({ rows, every }: Answer, [head, mark]: MarkColumn): (string | number)[][] {
  const columns = Object.keys(rows[0] ?? { time: "", value: 0 }).filter(
    (column) => column !== "open" && !(column === "time" && every === "all"),
  );
  const marked = rows.some(isOpen);
  const cells = rows.map((row) => {
    const values = columns.map((column) => cellOf(row[column]));
    return marked ? [...values, mark(row)] : values;
  });
  return [marked ? [...columns, head] : columns, ...cells];
}

const cellOf = (value: AnswerRow[string] | undefined): string | number =>
  typeof value === "number" || typeof value === "string" ? value : "";

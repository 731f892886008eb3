import { parseArgs } from "node:util";
import { definitionsOf } from "../../lib/definitions.ts";
import { configFile, loadConfig } from "../../lib/load-config.ts";
import { names } from "../../lib/names.ts";
import { type Answer, answerQuestion, metricSummaries } from "../../lib/query/answer.ts";
import { limitMax, readQuestion } from "../../lib/query/question.ts";
import { TimestreamStore } from "../../lib/store/timestream.ts";
import { chooseEndpoint, endpointOptions } from "../endpoint.ts";
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

const formats: Readonly<Record<string, (answer: Answer) => string>> = {
  table: (answer) => textTable(cellsOf(answer)),
  csv: (answer) => csvTable(cellsOf(answer)),
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
  const format = Object.hasOwn(formats, values.format) ? formats[values.format] : undefined;
  if (format === undefined)
    throw new UsageError(`Expected --format ${Object.keys(formats).join("|")}, got ${values.format}`);
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
  const store = TimestreamStore.connect({ database: names.database, table: names.minuteTable });
  const answer = await answerQuestion(readQuestion(metric, question, definitions, Date.now()), store);
  process.stdout.write(format(answer));
  if (answer.truncated)
    process.stderr.write(`Only the first ${answer.rows.length} rows: ask for fewer, or page by --from\n`);
}

/** "--from -1h" is an option with a value here, where parseArgs would take "-1h" for options of one letter. */
function valuesOfOptions(parameters: readonly string[]): string[] {
  const joined: string[] = [];
  for (const parameter of parameters) {
    const option = joined.at(-1);
    const takes = option !== undefined && /^--(from|to|order)$/.test(option);
    if (takes) joined[joined.length - 1] = `${option}=${parameter}`;
    else joined.push(parameter);
  }
  return joined;
}

function cellsOf({ rows, every }: Answer): (string | number)[][] {
  const [first] = rows;
  const columns = Object.keys(first ?? { time: "", value: 0 });
  const withoutTime = every === "all" ? columns.filter((column) => column !== "time") : columns;
  return [withoutTime, ...rows.map((row) => withoutTime.map((column) => row[column] ?? ""))];
}

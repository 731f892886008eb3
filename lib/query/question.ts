import type { Definitions, MetricDefinition } from "../config/definitions.ts";
import { cleanValue } from "../roll-up/fold/dimension.ts";
import { type BucketWidth, bucketWidthsMs } from "../store/rows/bucket.ts";
import { noValue } from "../store/rows/row.ts";
import type { MetricQuestion } from "../store/rows/store.ts";
import { notOneOf, pointAsked, QuestionProblem } from "./url-question.ts";

const fields = ["from", "to", "every", "by", "where", "limit", "order"] as const;
const limitDefault = 1_000;
export const limitMax = 10_000;
const valueCharactersMax = 1_024;
const conditionsMax = 200;
const minuteMs = 60_000;

/**
 * Reads the question that a URL's query asks of a metric. `from` is taken down and `to` up to a whole minute, the
 * smallest bucket there is. Throws QuestionProblem for what is unknown, malformed or out of range.
 */
export function readQuestion(
  name: string,
  parameters: URLSearchParams,
  definitions: Definitions,
  nowMs: number,
): MetricQuestion {
  const metric = definitions.metrics.find((definition) => definition.name === name);
  if (metric === undefined) {
    const known = definitions.metrics.map((definition) => definition.name).join(", ");
    throw new QuestionProblem(404, "metric", `expected one of ${known}, got ${JSON.stringify(name.slice(0, 128))}`);
  }
  for (const [field] of parameters) {
    if (!(fields as readonly string[]).includes(field)) throw notOneOf("query", fields, field);
    if (field !== "where" && parameters.getAll(field).length > 1) {
      throw new QuestionProblem(400, field, "expected it once, got it more often");
    }
  }
  const fromMs = Math.floor(pointAsked("from", parameters.get("from") ?? "-1h", nowMs) / minuteMs) * minuteMs;
  const toMs = Math.ceil(pointAsked("to", parameters.get("to") ?? "now", nowMs) / minuteMs) * minuteMs;
  if (fromMs >= toMs) throw new QuestionProblem(400, "to", "expected a time after from, got one that is not");
  const where = parameters.getAll("where");
  if (where.length > conditionsMax) {
    throw new QuestionProblem(400, "where", `expected at most ${conditionsMax} conditions, got ${where.length}`);
  }
  return {
    metric: metric.name,
    def: metric.def,
    measure: metric.measure.kind,
    fromMs,
    toMs,
    every: widthOf(parameters.get("every") ?? "1m"),
    by: dimensionsOf(metric, parameters.get("by") ?? ""),
    where: where.map((condition) => conditionOf(metric, condition)),
    order: orderOf(parameters.get("order") ?? "time"),
    limit: limitOf(parameters.get("limit")),
  };
}

function widthOf(text: string): BucketWidth | undefined {
  if (text === "all") return undefined;
  if (!Object.hasOwn(bucketWidthsMs, text)) throw notOneOf("every", [...Object.keys(bucketWidthsMs), "all"], text);
  return text as BucketWidth;
}

function dimensionsOf(metric: MetricDefinition, text: string): string[] {
  const aliases = text === "" ? [] : text.split(",");
  for (const alias of aliases) checkAlias(metric, "by", alias);
  if (new Set(aliases).size < aliases.length) throw new QuestionProblem(400, "by", "expected each dimension once");
  return aliases;
}

function conditionOf(metric: MetricDefinition, condition: string): [string, string] {
  const colon = condition.indexOf(":");
  if (colon === -1) throw new QuestionProblem(400, "where", 'expected "dimension:value", got a text without a colon');
  const [alias, value] = [condition.slice(0, colon), condition.slice(colon + 1)];
  checkAlias(metric, "where", alias);
  if (value.length > valueCharactersMax) {
    throw new QuestionProblem(400, "where", `expected a value of at most ${valueCharactersMax} characters`);
  }
  // As the fold has it: an event without a value is in a group, and no group has a control character in its name.
  return [alias, value === "" ? noValue : cleanValue(value)];
}

function checkAlias(metric: MetricDefinition, field: string, alias: string): void {
  const known = metric.by.map(([name]) => name);
  if (!known.includes(alias)) throw notOneOf(field, known.length === 0 ? ["no dimension"] : known, alias);
}

function orderOf(text: string): MetricQuestion["order"] {
  const column = text.replace(/^-/, "");
  if (column !== "time" && column !== "value") throw notOneOf("order", ["time", "-time", "value", "-value"], text);
  return { column, descending: text.startsWith("-") };
}

function limitOf(text: string | null): number {
  if (text === null) return limitDefault;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= limitMax) return limit;
  throw new QuestionProblem(
    400,
    "limit",
    `expected a whole number from 1 to ${limitMax}, got ${JSON.stringify(text.slice(0, 20))}`,
  );
}

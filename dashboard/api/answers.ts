import type { Answer, AnswerRow, MetricSummary, OpenBuckets } from "../../lib/query/answer.ts";
import type { ShardState, ShardsAnswer } from "../../lib/query/shards.ts";
import { ApiFailure } from "./api-failure.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** The body of `GET /v1/metrics`. Like the others here it throws ApiFailure for anything else. */
export const readMetricSummaries = (body: unknown): MetricSummary[] =>
  list(fields(body, "answer"), "metrics").map((entry) => {
    const metric = fields(entry, "metric");
    return {
      name: text(metric, "name"),
      measure: measure(metric),
      dimensions: list(metric, "dimensions").map((dimension) => text({ dimension }, "dimension")),
    };
  });

/** The body of `GET /v1/metrics/{name}`. */
export function readAnswer(body: unknown): Answer {
  const answer = fields(body, "answer");
  return {
    metric: text(answer, "metric"),
    measure: measure(answer),
    from: time(answer, "from"),
    to: time(answer, "to"),
    every: text(answer, "every"),
    rows: list(answer, "rows").map((row) => readRow(fields(row, "row"))),
    ...(answer.truncated === true ? { truncated: true } : {}),
    ...(answer.open === undefined
      ? {}
      : { open: list(answer, "open").map((entry) => readOpen(fields(entry, "open"))) }),
  };
}

const readOpen = (buckets: Fields): OpenBuckets => ({ from: time(buckets, "from"), to: time(buckets, "to") });

function readRow(row: Fields): AnswerRow {
  const dimensions = Object.entries(row).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return { ...Object.fromEntries(dimensions), time: time(row, "time"), value: number(row, "value") };
}

/** The body of `GET /v1/shards`. */
export function readShards(body: unknown): Pick<ShardsAnswer, "shards" | "notLookedAt"> {
  const answer = fields(body, "answer");
  const shards = list(answer, "shards").map((entry): ShardState => {
    const shard = fields(entry, "shard");
    return {
      shardId: text(shard, "shardId"),
      iteratorAgeMs: number(shard, "iteratorAgeMs"),
      staleMs: number(shard, "staleMs"),
      committedThrough: shard.committedThrough === null ? null : time(shard, "committedThrough"),
      openParts: number(shard, "openParts"),
    };
  });
  return { shards, notLookedAt: number(answer, "notLookedAt") };
}

/** What a problem (RFC 9457) says, or the bare status where the body is none. */
export function problemInWords(status: number, body: unknown): string {
  const problem: Fields = typeof body === "object" && body !== null ? { ...body } : {};
  const title = typeof problem.title === "string" ? `${status} ${problem.title}` : `status ${status}`;
  return typeof problem.detail === "string" ? `${title}: ${problem.detail}` : title;
}

function unexpected(expected: string, name: string): never {
  throw new ApiFailure(true, `The API answered in a form that this page does not know: ${name} is not ${expected}`);
}

export function fields(value: unknown, name: string): Fields {
  return typeof value === "object" && value !== null ? { ...value } : unexpected("an object", name);
}

export function list(of: Fields, name: string): unknown[] {
  const value = of[name];
  return Array.isArray(value) ? value : unexpected("a list", name);
}

export function text(of: Fields, name: string): string {
  const value = of[name];
  return typeof value === "string" ? value : unexpected("a text", name);
}

export function number(of: Fields, name: string): number {
  const value = of[name];
  return typeof value === "number" && Number.isFinite(value) ? value : unexpected("a number", name);
}

export function time(of: Fields, name: string): string {
  const value = text(of, name);
  return Number.isNaN(Date.parse(value)) ? unexpected("a time", name) : value;
}

function measure(of: Fields): MetricSummary["measure"] {
  const value = text(of, "measure");
  return value === "count" || value === "sum" ? value : unexpected('"count" or "sum"', "measure");
}

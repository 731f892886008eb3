import { randomUUID } from "node:crypto";
import type { AwsService } from "../endpoint/aws-endpoint.ts";
import { jsonError } from "../endpoint/service-error.ts";
import { filterOf } from "./filter-pattern.ts";
import type { LogEvent, LogStore } from "./log-store.ts";

type Input = Readonly<Record<string, unknown>>;
type Operation = (store: LogStore, input: Input) => object;

/** The lines of a function are one stream here; Lambda has one for each of its environments. */
const streamName = "laptop";
const pageMax = 10_000;
const contentType = "application/x-amz-json-1.1";
const arnPrefix = "arn:aws:logs:us-east-1:000000000000:log-group:";

class LogsFailure extends Error {
  override readonly name = "LogsFailure";
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const invalid = (message: string): LogsFailure => new LogsFailure("InvalidParameterException", message);

/** Members by operation; any other is refused by its name. */
const members: Readonly<Record<string, string>> = {
  DescribeLogGroups: "logGroupNamePrefix logGroupNamePattern limit",
  DescribeLogStreams: "logGroupName logGroupIdentifier logStreamNamePrefix descending orderBy limit",
  FilterLogEvents:
    "logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime filterPattern nextToken limit interleaved",
  GetLogEvents: "logGroupName logGroupIdentifier logStreamName startTime endTime nextToken limit startFromHead",
};

const operations: Readonly<Record<string, Operation>> = {
  DescribeLogGroups: describeLogGroups,
  DescribeLogStreams: (store, input) => {
    const events = eventsOf(store, input);
    const prefix = text(input, "logStreamNamePrefix") ?? "";
    return { logStreams: streamName.startsWith(prefix) ? [described(events)] : [] };
  },
  FilterLogEvents: filterLogEvents,
  GetLogEvents: getLogEvents,
};

function text(input: Input, name: string): string | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw invalid(`Expected ${name} to be a string, got ${JSON.stringify(value).slice(0, 80)}`);
}

function number(input: Input, name: string, otherwise: number): number {
  const value = input[name] ?? otherwise;
  if (typeof value === "number" && value >= 0) return value;
  throw invalid(`Expected ${name} to be a number from 0, got ${JSON.stringify(value).slice(0, 80)}`);
}

/** `limit` within what a page may have. */
const limitOf = (input: Input, otherwise: number): number =>
  Math.max(1, Math.min(number(input, "limit", otherwise), pageMax));

function eventsOf(store: LogStore, input: Input): readonly LogEvent[] {
  const identifier = text(input, "logGroupName") ?? text(input, "logGroupIdentifier");
  if (identifier === undefined) throw invalid("Expected logGroupName or logGroupIdentifier, got neither");
  const events = store.events(identifier.replace(/^arn:.*:log-group:/, "").replace(/:\*$/, ""));
  if (events === undefined) {
    throw new LogsFailure("ResourceNotFoundException", "The specified log group does not exist.");
  }
  return events;
}

/** From `startTime`, inclusive, to `endTime`, exclusive: epoch milliseconds. */
function within(events: readonly LogEvent[], input: Input): LogEvent[] {
  const from = number(input, "startTime", 0);
  const to = number(input, "endTime", Number.POSITIVE_INFINITY);
  return events.filter(({ timestampMs }) => timestampMs >= from && timestampMs < to);
}

const written = ({ timestampMs, message }: LogEvent) => ({
  timestamp: timestampMs,
  ingestionTime: timestampMs,
  message,
});

const described = (events: readonly LogEvent[]) => ({
  logStreamName: streamName,
  creationTime: events[0]?.timestampMs,
  firstEventTimestamp: events[0]?.timestampMs,
  lastEventTimestamp: events.at(-1)?.timestampMs,
});

function describeLogGroups(store: LogStore, input: Input): object {
  const prefix = text(input, "logGroupNamePrefix") ?? "";
  const pattern = text(input, "logGroupNamePattern") ?? "";
  const found = store.groups().filter(({ name }) => name.startsWith(prefix) && name.includes(pattern));
  const logGroups = found.slice(0, limitOf(input, 50)).map(({ name, createdMs, bytes }) => ({
    logGroupName: name,
    arn: `${arnPrefix}${name}:*`,
    logGroupArn: `${arnPrefix}${name}`,
    creationTime: createdMs,
    storedBytes: bytes,
  }));
  return { logGroups };
}

/** CloudWatch Logs API reference, FilterLogEvents. A token is the last event of its page. */
function filterLogEvents(store: LogStore, input: Input): object {
  const pattern = text(input, "filterPattern") ?? "";
  const fits = filterOf(pattern);
  if (fits === undefined)
    throw invalid(`The filterPattern ${pattern.slice(0, 80)} does not run on the laptop: terms do`);
  const names = input.logStreamNames ?? [streamName];
  const prefix = text(input, "logStreamNamePrefix") ?? "";
  const isAsked = Array.isArray(names) && names.includes(streamName) && streamName.startsWith(prefix);
  const after = Number(text(input, "nextToken") ?? 0);
  const found = within(eventsOf(store, input), input).filter(
    ({ id, message }) => isAsked && id > after && fits(message),
  );
  const page = found.slice(0, limitOf(input, pageMax));
  return {
    events: page.map((event) => ({ ...written(event), logStreamName: streamName, eventId: String(event.id) })),
    searchedLogStreams: [],
    ...(page.length < found.length ? { nextToken: String(page.at(-1)?.id) } : {}),
  };
}

/**
 * CloudWatch Logs API reference, GetLogEvents. Tokens lead from the first and the last event of a page; one that leads
 * nowhere comes back as it was, which is the end.
 */
function getLogEvents(store: LogStore, input: Input): object {
  if (text(input, "logStreamName") !== streamName) {
    eventsOf(store, input);
    throw new LogsFailure("ResourceNotFoundException", "The specified log stream does not exist.");
  }
  const found = within(eventsOf(store, input), input);
  const token = text(input, "nextToken");
  const limit = limitOf(input, pageMax);
  const [direction, at = "0"] = token?.split("/") ?? [];
  const page =
    direction === "f"
      ? found.filter(({ id }) => id > Number(at)).slice(0, limit)
      : direction === "b"
        ? found.filter(({ id }) => id < Number(at)).slice(-limit)
        : input.startFromHead === true
          ? found.slice(0, limit)
          : found.slice(-limit);
  return {
    events: page.map(written),
    nextForwardToken: page.length === 0 ? (token ?? "f/0") : `f/${page.at(-1)?.id}`,
    nextBackwardToken: page.length === 0 ? (token ?? "b/0") : `b/${page[0]?.id}`,
  };
}

function run(store: LogStore, name: string, body: Buffer): object {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) {
    const known = Object.keys(operations).join(", ");
    throw new LogsFailure("UnknownOperationException", `${name} does not run on the laptop; what runs: ${known}`);
  }
  let input: unknown;
  try {
    input = JSON.parse(body.toString() || "{}");
  } catch {
    input = undefined;
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new LogsFailure("SerializationException", "Expected a body of one JSON object");
  }
  const unknown = Object.entries(input).find(
    ([member, value]) => value !== null && !members[name]?.split(" ").includes(member),
  );
  if (unknown !== undefined) throw invalid(`${unknown[0]} of ${name} does not run on the laptop`);
  return operation(store, input as Input);
}

/** CloudWatch Logs, to read what the functions have logged since the laptop was started. */
export const cloudWatchLogs = (store: LogStore): AwsService => ({
  bodyBytesMax: 64 * 1024,
  handle: async ({ headers, body }) => {
    try {
      const output = run(store, (headers["x-amz-target"] ?? "").split(".")[1] ?? "", body);
      const answered = { "content-type": contentType, "x-amzn-requestid": randomUUID() };
      return { status: 200, headers: answered, body: JSON.stringify(output) };
    } catch (error) {
      if (!(error instanceof LogsFailure)) throw error;
      return jsonError(400, error.type, error.message, contentType);
    }
  },
});

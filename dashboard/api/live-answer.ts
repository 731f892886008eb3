import type { LiveEvent } from "../../lib/query/live/live-event.ts";
import type { LiveAnswer } from "../../lib/query/live/live-events.ts";
import { type Fields, fields, list, number, text, time } from "./answers.ts";

/** The body of `GET /v1/live`. Throws ApiFailure for anything else. */
export function readLiveAnswer(body: unknown): LiveAnswer {
  const answer = fields(body, "answer");
  const shards = fields(answer.shards, "shards");
  return {
    asOf: time(answer, "asOf"),
    events: list(answer, "events").map((event) => readEvent(fields(event, "event"))),
    cursor: text(answer, "cursor"),
    shards: { read: number(shards, "read"), all: number(shards, "all"), throttled: number(shards, "throttled") },
    staleMs: number(answer, "staleMs"),
    leftOut: answer.leftOut === true,
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

function readEvent(event: Fields): LiveEvent {
  const { index, type, name, user, source, timestamp, messageId, refused, observed } = event;
  return {
    shardId: text(event, "shardId"),
    sequenceNumber: text(event, "sequenceNumber"),
    index: typeof index === "number" ? index : null,
    arrival: time(event, "arrival"),
    type: textOrNull(type),
    name: textOrNull(name),
    user: textOrNull(user),
    source: textOrNull(source),
    timestamp: textOrNull(timestamp),
    messageId: textOrNull(messageId),
    refused: typeof refused === "object" && refused !== null ? readRefusal(fields(refused, "refused")) : null,
    observed: textOrNull(observed),
    metrics: list(event, "metrics").map((metric) => text({ metric }, "metric")),
    bytes: number(event, "bytes"),
    ...(typeof event.text === "string" ? { text: event.text } : {}),
  };
}

const readRefusal = (refused: Fields): NonNullable<LiveEvent["refused"]> => ({
  reason: text(refused, "reason") as NonNullable<LiveEvent["refused"]>["reason"],
  detail: text(refused, "detail"),
});

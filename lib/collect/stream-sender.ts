import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { type Clock, systemClock } from "../clock.ts";
import type { EventLine } from "../producer/event-line.ts";
import { EventsNotTaken, Producer } from "../producer/producer.ts";
import type { Fields } from "../stream/event/fields.ts";
import { RequestRefused } from "./request-refused.ts";

/** An event, and how it is written. */
export interface WrittenEvent {
  readonly event: Fields;
  readonly line: EventLine;
}

/** Resolves when the stream has taken all events. Rejects with RequestRefused: the client has to send them again. */
export type SendEvents = (events: readonly WrittenEvent[]) => Promise<void>;

/** How long the stream has, in milliseconds. */
export interface StreamPatience {
  /** For one request to it. */
  readonly requestTimeoutMs: number;
  /** For what it throttles or fails; its last error is then the answer. */
  readonly retryForMs: number;
  /** The same while it has throttled or failed a moment ago. */
  readonly retryBrieflyForMs: number;
  /** For all of it, where there is no answer at all. */
  readonly deadlineMs: number;
}

/** An SDK waits 10 seconds for an answer (analytics-node 3). */
const patience: StreamPatience = {
  requestTimeoutMs: 2_000,
  retryForMs: 5_000,
  retryBrieflyForMs: 250,
  deadlineMs: 8_000,
};

/**
 * So long after a request that the stream did not take, the next ones get little time. Each of them holds an environment of
 * the function, and the account has so many: were all held for seconds while a shard throttles, there would be none for those
 * whom the stream would serve. Throttling lasts as long as senders send; a stream that does not answer may be back at once.
 */
const briefForMs = { StreamThrottled: 60_000, StreamUnavailable: 10_000 } as const;

/**
 * Bytes of events from which on a request has all the time even then. A shard takes 1 MB a second: of what does not compress, a
 * brief try would bring in a part again and again, and never all of it.
 */
const patientFromBytes = 512 * 1024;

/** More than the events of a request can come to, so that `send` never has to wait for room. */
const bufferedBytesMax = 32 * 1024 * 1024;

const errorName = /\b[A-Z]\w*(?:Exception|Error|Failure)\b/g;
const throttled = /throughputexceeded|throttl|limitexceeded|slowdown|toomanyrequests/i;

const messages = {
  StreamThrottled: "the stream takes no more at the moment",
  StreamUnavailable: "the stream could not be reached in time",
} as const;

/**
 * Sends by one producer as long as the container is warm, so that the shards are listed once. A container has one
 * request at a time, so what its flush says is about that request's events. Those that failed are tried again alone, until
 * the deadline; then nothing of the request is left in the producer, and the client is told to come again: soon, where the
 * request before was told so too. What the stream had taken by then comes twice, under the same `messageId`.
 */
export function streamSender(
  client: KinesisClient,
  streamName: string,
  { requestTimeoutMs, retryForMs, retryBrieflyForMs, deadlineMs }: StreamPatience = patience,
  clock: Pick<Clock, "now"> = systemClock,
): SendEvents {
  const options = { client, streamName, lingerMs: 0, requestTimeoutMs, bufferedBytesMax };
  const patient = new Producer({ ...options, retryForMs, backoff: { capMs: 1_000 } });
  const brief = new Producer({ ...options, retryForMs: retryBrieflyForMs, backoff: { capMs: 100 } });
  let briefUntilMs = Number.NEGATIVE_INFINITY;
  return async (events) => {
    const bytes = events.reduce((sum, { line }) => sum + line.bytes, 0);
    const producer = clock.now() < briefUntilMs && bytes < patientFromBytes ? brief : patient;
    try {
      for (const { event, line } of events) await producer.send(event, line);
    } finally {
      await producer.flush({ deadlineMs }).catch((cause: unknown) => {
        if (!(cause instanceof EventsNotTaken)) throw cause;
        const { refusal, cause: why } = refusedAs(cause);
        briefUntilMs = Math.max(briefUntilMs, clock.now() + briefForMs[refusal]);
        throw new RequestRefused(refusal, messages[refusal], { cause: why });
      });
    }
  };
}

function refusedAs({ reasons }: EventsNotTaken): { refusal: keyof typeof briefForMs; cause: Error } {
  const all = [...reasons.keys()].join("\n");
  // Its errors' names only: a message can hold a partition key, which is a person.
  const cause = new Error("the stream did not take all events");
  cause.name = [...new Set(all.match(errorName))].join(", ") || "NoAnswer";
  return { refusal: throttled.test(cause.name) ? "StreamThrottled" : "StreamUnavailable", cause };
}

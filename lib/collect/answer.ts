import { type ProblemStatus, problemDetails, problemType } from "../problem-details.ts";
import { type RequestRefused, refusals } from "./request-refused.ts";

/** An answer of the collector; `body` goes out as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the Segment SDKs take for delivered: the Java SDK reads `success`. */
export const delivered: Answer = { status: 200, headers: {}, body: { success: true } };

/** Seconds after which a client may come again: spread, so that the clients of an outage do not come back together. */
const retryAfterSeconds = { min: 5, max: 15 } as const;

const mayComeAgain: readonly number[] = [429, 503];

/** "KeyUnsettled" as "key_unsettled". */
const codeOf = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, "_$&").toLowerCase();

/**
 * An answer that says what is wrong in the words of each client that reads any: `code` and `message` of the Python SDKs,
 * which take an answer without them for a failure of the network and send the same again ten times; `error` of the Ruby
 * SDKs; `success` of the Segment HTTP API; and the members of RFC 9457. `name` becomes the code.
 */
export const problemAnswer = (status: ProblemStatus, name: string, message: string): Answer => ({
  status,
  headers: { "content-type": problemType },
  body: problemDetails(status, { detail: message, success: false, code: codeOf(name), message, error: message }),
});

/**
 * The answer to a request that was refused. Analytics.js 1.84 and analytics-node 3 read `Retry-After`, and only with a
 * 429; the SDKs before them read `X-RateLimit-Reset`, in seconds. A 5xx they try again by their own backoff. `random`
 * is in [0, 1).
 */
export function refusalAnswer({ refusal, message }: RequestRefused, random: () => number): Answer {
  const answer = problemAnswer(refusals[refusal], refusal, message);
  if (!mayComeAgain.includes(answer.status)) return answer;
  const { min, max } = retryAfterSeconds;
  const seconds = String(min + Math.floor(random() * (max - min + 1)));
  return { ...answer, headers: { ...answer.headers, "retry-after": seconds, "x-ratelimit-reset": seconds } };
}

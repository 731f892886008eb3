import { type RequestRefused, refusals } from "./request-refused.ts";

/** An answer of the collector; `body` goes out as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the Segment SDKs take for delivered. */
export const delivered: Answer = { status: 200, headers: {}, body: { success: true } };

/** Seconds after which a client may come again: spread, so that the clients of an outage do not come back together. */
const retryAfterSeconds = { min: 5, max: 15 } as const;

const mayComeAgain: readonly number[] = [429, 503];

/**
 * The answer to a request that was refused. Analytics.js 1.84 and analytics-node 3 read `Retry-After`, and only with a
 * 429; the SDKs before them read `X-RateLimit-Reset`, in seconds. A 5xx they try again by their own backoff. `random`
 * is in [0, 1).
 */
export function refusalAnswer({ refusal, message }: RequestRefused, random: () => number): Answer {
  const status = refusals[refusal];
  const { min, max } = retryAfterSeconds;
  const seconds = String(min + Math.floor(random() * (max - min + 1)));
  return {
    status,
    headers: mayComeAgain.includes(status) ? { "retry-after": seconds, "x-ratelimit-reset": seconds } : {},
    body: { success: false, message },
  };
}

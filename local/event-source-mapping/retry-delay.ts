/** Lambda documents that it backs off, and not how fast: so these are settings. */
export interface RetryDelay {
  readonly firstMs: number;
  readonly maxMs: number;
  /** After a batch was split in two. */
  readonly splitMs: number;
  /** The share of a delay that chance may take off, 0 to 1. */
  readonly jitter: number;
}

export const defaultRetryDelay: RetryDelay = { firstMs: 500, maxMs: 60_000, splitMs: 0, jitter: 0 };

/** Milliseconds before the n-th retry (n from 1), doubling each time. `random` gives numbers from 0 up to 1. */
export function retryDelayMs(n: number, delay: RetryDelay, random: () => number): number {
  const full = Math.min(delay.maxMs, delay.firstMs * 2 ** Math.min(n - 1, 40));
  return delay.jitter === 0 ? full : full * (1 - delay.jitter * random());
}

/** Lambda documents that it backs off, and not how fast: so these are settings. */
export interface RetryDelay {
  readonly firstMs: number;
  readonly maxMs: number;
  /** After a batch was split in two. */
  readonly splitMs: number;
  /** The share of a delay that chance may take off, 0 to 1. */
  readonly jitter: number;
}

/** Milliseconds before the n-th retry (n from 1), doubling each time. `random` gives numbers from 0 up to 1. */
export function retryDelayMs(n: number, delay: RetryDelay, random: () => number): number {
  const full = Math.min(delay.maxMs, delay.firstMs * 2 ** Math.min(n - 1, 40));
  // At least 1 ms of it stays: a batch that always fails must grow older.
  return delay.jitter === 0 ? full : Math.max(1, full * (1 - delay.jitter * random()));
}

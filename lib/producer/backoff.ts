export interface Backoff {
  /** Upper edge of the first wait, in milliseconds; it doubles with every attempt. */
  readonly baseMs: number;
  readonly capMs: number;
  /** Attempts in all, the first one included. */
  readonly attemptsMax: number;
}

/**
 * How long to wait after so many failed attempts: uniform between 0 and the doubling edge ("full jitter", AWS
 * Architecture Blog, "Exponential Backoff And Jitter"). `random` is in [0, 1).
 */
export function backoffMs({ baseMs, capMs }: Backoff, failures: number, random: () => number): number {
  return Math.ceil(random() * Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30)));
}

/** Widths of a bucket that a question may ask for, in milliseconds. Days are those of UTC. */
export const bucketWidthsMs = {
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "1d": 86_400_000,
} as const;

export type BucketWidth = keyof typeof bucketWidthsMs;

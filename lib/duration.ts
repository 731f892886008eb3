/** A length of time as people write it: "90s", "15m", "24h", "30d". */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The milliseconds of a duration, or `undefined` where the text is none. */
export function durationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(s|m|h|d)$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : unitMs[match[2]];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

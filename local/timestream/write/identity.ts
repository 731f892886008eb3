import { hash } from "node:crypto";
import type { Measure } from "./measure.ts";
import type { Dimension } from "./record-fields.ts";

/**
 * Who a record is: its dimensions and measure name as 128 bits of SHA-1 (dimension order does not matter), and its time.
 * The series hash repeats from bucket to bucket, so it compresses; time stays a column of its own, so that a search
 * can skip what lies elsewhere in time.
 */
export interface Identity {
  readonly high: bigint;
  readonly low: bigint;
  /** Series and time in one, to look up within a group. */
  readonly key: string;
}

export function identityOf(dimensions: readonly Dimension[], measureName: string, timeNs: bigint): Identity {
  // Each part is preceded by its length, so no two lists of parts read the same.
  let text = sized(measureName);
  for (const { name, value } of [...dimensions].sort(byName)) text += sized(name) + sized(value);
  const digest = hash("sha1", text, "buffer");
  return {
    high: digest.readBigInt64LE(0),
    low: digest.readBigInt64LE(8),
    key: `${digest.toString("latin1", 0, 16)}${timeNs}`,
  };
}

/** 64 bits that are equal for equal measures, whatever their order. */
export function valueHash(measures: readonly Measure[]): bigint {
  const [only] = measures;
  if (only && measures.length === 1) return hash64(part(only));
  return hash64(measures.map(part).sort().join(""));
}

function part(measure: Measure): string {
  return sized(measure.column) + sized(measure.type) + sized(measure.canonical);
}

function hash64(text: string): bigint {
  return hash("sha1", text, "buffer").readBigInt64LE(0);
}

function sized(text: string): string {
  return `${text.length}:${text}`;
}

function byName(a: Dimension, b: Dimension): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

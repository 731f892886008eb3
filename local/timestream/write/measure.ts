import { DuckDBTimestampNanosecondsValue, type DuckDBValue } from "@duckdb/node-api";
import { described } from "../field.ts";

/** Types a measure can have (developer guide, "Data types" of writes). */
export type MeasureType = "DOUBLE" | "BIGINT" | "VARCHAR" | "BOOLEAN" | "TIMESTAMP";
/** A record holds one measure of a type, or several as MULTI. */
export type MeasureKind = MeasureType | "MULTI";

export const MEASURE_TYPES: ReadonlySet<string> = new Set<MeasureType>([
  "DOUBLE",
  "BIGINT",
  "VARCHAR",
  "BOOLEAN",
  "TIMESTAMP",
]);

/** A measure as sent, with the measure name of a record of one measure. */
export interface MeasureFields {
  readonly name: string;
  readonly value: string;
  readonly type: MeasureType;
}

/** One measure of one record: the column it goes to, its value there, and its value as text to compare by. */
export interface Measure {
  readonly column: string;
  readonly type: MeasureType;
  readonly value: DuckDBValue;
  readonly canonical: string;
}

interface Parsed {
  readonly value: DuckDBValue;
  readonly canonical: string;
}

const INT64_MAX = 2n ** 63n - 1n;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d{1,19}$/;

/** From the text on the wire to the value; undefined where the text is not of the type. */
const PARSE: Record<MeasureType, (text: string, nsPerUnit: bigint) => Parsed | undefined> = {
  DOUBLE(text) {
    // NaN and Infinity can be used in queries but not written (developer guide, "Supported data types").
    if (!NUMBER.test(text)) return undefined;
    const value = Number(text);
    return Number.isFinite(value) ? { value, canonical: String(value) } : undefined;
  },
  BIGINT(text) {
    if (!INTEGER.test(text)) return undefined;
    const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
    return value <= INT64_MAX && value >= -INT64_MAX - 1n ? { value, canonical: String(value) } : undefined;
  },
  VARCHAR: (text) => ({ value: text, canonical: text }),
  BOOLEAN(text) {
    const folded = text.toLowerCase();
    return folded === "true" || folded === "false" ? { value: folded === "true", canonical: folded } : undefined;
  },
  // The page does not say in which unit; AWS's samples write it in the unit of the record's own time.
  TIMESTAMP(text, nsPerUnit) {
    if (!/^\d{1,19}$/.test(text)) return undefined;
    const nanos = BigInt(text) * nsPerUnit;
    return nanos <= INT64_MAX
      ? { value: new DuckDBTimestampNanosecondsValue(nanos), canonical: String(nanos) }
      : undefined;
  },
};

/** Bytes a value counts for against the 2 KB limits: text as UTF-8, numbers and times 8, a boolean 1. */
export function measureBytes(measure: Measure): number {
  if (measure.type === "VARCHAR") return Buffer.byteLength(measure.canonical);
  return measure.type === "BOOLEAN" ? 1 : 8;
}

/** The measure, or the reason why the record that holds it is rejected. */
export function parseMeasure(sent: MeasureFields, column: string, nsPerUnit: bigint): Measure | string {
  const { name, type } = sent;
  const parsed = PARSE[type](sent.value, nsPerUnit);
  if (!parsed) return `The measure value ${described(sent.value)} of ${described(name)} is not a valid ${type}.`;
  return { column, type, value: parsed.value, canonical: parsed.canonical };
}

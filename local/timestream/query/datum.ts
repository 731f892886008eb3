import {
  type DuckDBArrayType,
  type DuckDBDateValue,
  type DuckDBIntervalValue,
  type DuckDBListType,
  type DuckDBListValue,
  type DuckDBStructType,
  type DuckDBStructValue,
  type DuckDBTimestampMillisecondsValue,
  type DuckDBTimestampNanosecondsValue,
  type DuckDBTimestampSecondsValue,
  type DuckDBTimestampValue,
  type DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from "@duckdb/node-api";
import { invalid } from "../failure.ts";

/** A value on the wire: scalars as strings (API reference, Datum). */
export type Datum =
  | { ScalarValue: string }
  | { NullValue: true }
  | { ArrayValue: Datum[] }
  | { TimeSeriesValue: { Time: string; Value: Datum }[] }
  | { RowValue: { Data: Datum[] } };

export interface ColumnType {
  ScalarType?: string;
  ArrayColumnInfo?: { Type: ColumnType };
  TimeSeriesMeasureValueColumnInfo?: { Type: ColumnType };
  RowColumnInfo?: { Name: string; Type: ColumnType }[];
}

type Write = (value: DuckDBValue) => string;

const text: Write = (value) => String(value);
const DAY_US = 86_400_000_000n;

/** DuckDB's scalar types -> Timestream's, and how each is written. The casts say what the type id says already. */
const SCALARS: Readonly<Partial<Record<DuckDBTypeId, readonly [scalarType: string, write: Write]>>> = {
  [DuckDBTypeId.BOOLEAN]: ["BOOLEAN", text],
  [DuckDBTypeId.TINYINT]: ["INTEGER", text],
  [DuckDBTypeId.SMALLINT]: ["INTEGER", text],
  [DuckDBTypeId.INTEGER]: ["INTEGER", text],
  [DuckDBTypeId.UTINYINT]: ["INTEGER", text],
  [DuckDBTypeId.USMALLINT]: ["INTEGER", text],
  [DuckDBTypeId.UINTEGER]: ["BIGINT", text],
  [DuckDBTypeId.BIGINT]: ["BIGINT", text],
  [DuckDBTypeId.UBIGINT]: ["BIGINT", text],
  // sum() over whole numbers is a HUGEINT in DuckDB and a BIGINT in Timestream.
  [DuckDBTypeId.HUGEINT]: ["BIGINT", text],
  [DuckDBTypeId.FLOAT]: ["DOUBLE", (value) => doubleText(Number(value))],
  [DuckDBTypeId.DOUBLE]: ["DOUBLE", (value) => doubleText(Number(value))],
  [DuckDBTypeId.DECIMAL]: ["DOUBLE", (value) => doubleText(Number(String(value)))],
  [DuckDBTypeId.VARCHAR]: ["VARCHAR", text],
  [DuckDBTypeId.DATE]: ["DATE", (value) => dateText(BigInt((value as DuckDBDateValue).days))],
  [DuckDBTypeId.TIME]: ["TIME", (value) => timeText((value as DuckDBTimeValue).micros * 1000n)],
  [DuckDBTypeId.TIMESTAMP]: ["TIMESTAMP", (value) => timestampText((value as DuckDBTimestampValue).micros * 1000n)],
  [DuckDBTypeId.TIMESTAMP_TZ]: ["TIMESTAMP", (value) => timestampText((value as DuckDBTimestampValue).micros * 1000n)],
  [DuckDBTypeId.TIMESTAMP_NS]: [
    "TIMESTAMP",
    (value) => timestampText((value as DuckDBTimestampNanosecondsValue).nanos),
  ],
  [DuckDBTypeId.TIMESTAMP_MS]: [
    "TIMESTAMP",
    (value) => timestampText((value as DuckDBTimestampMillisecondsValue).millis * 1_000_000n),
  ],
  [DuckDBTypeId.TIMESTAMP_S]: [
    "TIMESTAMP",
    (value) => timestampText((value as DuckDBTimestampSecondsValue).seconds * 1_000_000_000n),
  ],
  // DuckDB has one type of interval; those of months and years would be INTERVAL_YEAR_TO_MONTH in Timestream.
  [DuckDBTypeId.INTERVAL]: ["INTERVAL_DAY_TO_SECOND", (value) => intervalText(value as DuckDBIntervalValue)],
  [DuckDBTypeId.SQLNULL]: ["UNKNOWN", text],
};

/** The type in ColumnInfo. Types that Timestream lacks are VARCHAR. */
export function columnType(type: DuckDBType): ColumnType {
  const scalar = SCALARS[type.typeId];
  if (scalar) return { ScalarType: scalar[0] };
  const series = seriesType(type);
  if (series) return { TimeSeriesMeasureValueColumnInfo: { Type: columnType(series) } };
  if (type.typeId === DuckDBTypeId.LIST || type.typeId === DuckDBTypeId.ARRAY) {
    return { ArrayColumnInfo: { Type: columnType((type as DuckDBListType | DuckDBArrayType).valueType) } };
  }
  if (type.typeId === DuckDBTypeId.STRUCT) {
    const { entryNames, entryTypes } = type as DuckDBStructType;
    if (entryNames.includes("")) throw invalid("A row without field names cannot be a column of the result here");
    return { RowColumnInfo: entryNames.map((Name, at) => ({ Name, Type: columnType(entryTypes[at] as DuckDBType) })) };
  }
  return { ScalarType: "VARCHAR" };
}

/** The type of a time series' values; undefined for any other type. A client's names cannot begin with `ts_`. */
function seriesType(type: DuckDBType): DuckDBType | undefined {
  const { valueType } = type as Partial<DuckDBListType>;
  if (type.typeId !== DuckDBTypeId.LIST || valueType?.typeId !== DuckDBTypeId.STRUCT) return undefined;
  const { entryNames, entryTypes } = valueType as DuckDBStructType;
  return entryNames.join() === "ts_time,ts_value" ? entryTypes[1] : undefined;
}

function pointOf(point: DuckDBValue, type: DuckDBType): { Time: string; Value: Datum } {
  const { ts_time: time, ts_value: value = null } = (point as DuckDBStructValue).entries;
  const nanos = time as Partial<DuckDBTimestampNanosecondsValue & DuckDBTimestampValue>;
  return { Time: timestampText(nanos.nanos ?? (nanos.micros ?? 0n) * 1000n), Value: datum(value, type) };
}

export function datum(value: DuckDBValue, type: DuckDBType): Datum {
  if (value === null) return { NullValue: true };
  const series = seriesType(type);
  if (series) return { TimeSeriesValue: (value as DuckDBListValue).items.map((point) => pointOf(point, series)) };
  if (type.typeId === DuckDBTypeId.LIST || type.typeId === DuckDBTypeId.ARRAY) {
    const { valueType } = type as DuckDBListType | DuckDBArrayType;
    return { ArrayValue: (value as DuckDBListValue).items.map((item) => datum(item, valueType)) };
  }
  if (type.typeId === DuckDBTypeId.STRUCT) {
    const { entryNames, entryTypes } = type as DuckDBStructType;
    const { entries } = value as DuckDBStructValue;
    const Data = entryNames.map((name, at) => datum(entries[name] ?? null, entryTypes[at] as DuckDBType));
    return { RowValue: { Data } };
  }
  return { ScalarValue: (SCALARS[type.typeId]?.[1] ?? text)(value) };
}

/** As Java writes doubles, and so Trino: at least one decimal, an exponent below 0.001 and from ten million on. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [digits = "", exponent = ""] = value.toExponential().split("e");
    return `${digits.includes(".") ? digits : `${digits}.0`}E${exponent.replace("+", "")}`;
  }
  const plain = Object.is(value, -0) ? "-0" : String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

/** `2026-01-02 03:04:05.000000000` ("Supported data types"). */
export function timestampText(nanos: bigint): string {
  const days = floorDiv(nanos, DAY_US * 1000n);
  return `${dateText(days)} ${timeText(nanos - days * DAY_US * 1000n)}`;
}

function dateText(days: bigint): string {
  return new Date(Number(days) * 86_400_000).toISOString().replace(/T.*/, "");
}

function timeText(nanos: bigint): string {
  const seconds = Number(nanos / 1_000_000_000n);
  const [hour, minute, second] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two);
  return `${hour}:${minute}:${second}.${String(nanos % 1_000_000_000n).padStart(9, "0")}`;
}

/** `5 20:00:00.000000000` ("Date / time operators"). */
export function intervalText({
  months,
  days,
  micros,
}: Pick<DuckDBIntervalValue, "months" | "days" | "micros">): string {
  if (months !== 0 && days === 0 && micros === 0n) return `${Math.trunc(months / 12)}-${Math.abs(months % 12)}`;
  const total = BigInt(months * 30 + days) * DAY_US + micros;
  const size = total < 0n ? -total : total;
  return `${total < 0n ? "-" : ""}${size / DAY_US} ${timeText((size % DAY_US) * 1000n)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

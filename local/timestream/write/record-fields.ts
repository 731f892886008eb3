import { invalid } from "../failure.ts";
import { described, type Fields, fieldsOf, optionalText } from "../field.ts";
import { QUOTAS } from "../quotas.ts";
import { MEASURE_TYPES, type MeasureFields, type MeasureKind, type MeasureType } from "./measure.ts";

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

/** A record, or the common attributes, as sent: well-formed, every part optional. */
export interface RecordFields {
  readonly dimensions: readonly Dimension[];
  readonly measureName: string | undefined;
  readonly measureValue: string | undefined;
  readonly measureKind: MeasureKind | undefined;
  readonly measures: readonly MeasureFields[] | undefined;
  readonly time: bigint | undefined;
  readonly nsPerUnit: bigint | undefined;
  readonly version: bigint | undefined;
}

const NS_PER_UNIT: Readonly<Record<string, bigint>> = {
  NANOSECONDS: 1n,
  MICROSECONDS: 1_000n,
  MILLISECONDS: 1_000_000n,
  SECONDS: 1_000_000_000n,
};

export const NO_FIELDS: RecordFields = {
  dimensions: [],
  measureName: undefined,
  measureValue: undefined,
  measureKind: undefined,
  measures: undefined,
  time: undefined,
  nsPerUnit: undefined,
  version: undefined,
};

/** Reads one record of the request; what breaks the API's own constraints (API reference, Record) fails the request. */
export function readRecordFields(value: unknown, where: string): RecordFields {
  const fields = fieldsOf(value, where);
  return {
    dimensions: readDimensions(fields.Dimensions, where),
    measureName: readName(fields, "MeasureName", QUOTAS.measureNameBytes, where),
    measureValue: readMeasureValue(fields, "MeasureValue", where),
    measureKind: readKind(fields, where),
    measures: readMeasures(fields.MeasureValues, where),
    time: readTime(fields, where),
    nsPerUnit: readUnit(fields, where),
    version: readVersion(fields.Version, where),
  };
}

function readDimensions(value: unknown, where: string): Dimension[] {
  const items = readList(value, `${where}.Dimensions`) ?? [];
  if (items.length > QUOTAS.dimensionsPerTable) {
    throw invalid(`Expected at most ${QUOTAS.dimensionsPerTable} dimensions in ${where}, got ${items.length}`);
  }
  return items.map((item) => {
    const fields = fieldsOf(item, `${where}.Dimensions[]`);
    const type = optionalText(fields, "DimensionValueType");
    if (type !== undefined && type !== "VARCHAR") throw invalid(`Expected DimensionValueType VARCHAR, got ${type}`);
    const name = readName(fields, "Name", QUOTAS.dimensionNameBytes, `${where}.Dimensions[]`);
    const text = optionalText(fields, "Value");
    if (name === undefined || text === undefined) {
      throw invalid(`Expected Name and Value in ${where}.Dimensions[], got ${described(item)}`);
    }
    return { name, value: text };
  });
}

function readMeasures(value: unknown, where: string): MeasureFields[] | undefined {
  return readList(value, `${where}.MeasureValues`)?.map((item) => {
    const place = `${where}.MeasureValues[]`;
    const fields = fieldsOf(item, place);
    const name = readName(fields, "Name", QUOTAS.measureNameBytes, place);
    const text = readMeasureValue(fields, "Value", place);
    const type = optionalText(fields, "Type");
    if (name === undefined || text === undefined || type === undefined || !MEASURE_TYPES.has(type)) {
      throw invalid(`Expected Name, Value and a Type that is not MULTI in ${place}, got ${described(item)}`);
    }
    return { name, value: text, type: type as MeasureType };
  });
}

function readList(value: unknown, where: string): unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw invalid(`Expected ${where} to be an array, got ${described(value)}`);
  return value;
}

function readName(fields: Fields, field: string, bytesMax: number, where: string): string | undefined {
  const name = optionalText(fields, field);
  if (name !== undefined && (name === "" || Buffer.byteLength(name) > bytesMax)) {
    throw invalid(`Expected ${where}.${field} to be 1 to ${bytesMax} bytes, got ${described(name)}`);
  }
  return name;
}

function readMeasureValue(fields: Fields, field: string, where: string): string | undefined {
  const value = optionalText(fields, field);
  if (value !== undefined && (value === "" || value.length > QUOTAS.measureValuesBytes)) {
    throw invalid(`Expected ${where}.${field} to be 1 to ${QUOTAS.measureValuesBytes} characters, got ${value.length}`);
  }
  return value;
}

function readKind(fields: Fields, where: string): MeasureKind | undefined {
  const kind = optionalText(fields, "MeasureValueType");
  if (kind === undefined) return undefined;
  // TIMESTAMP is a type of MULTI records only (developer guide, "Data types" of writes).
  if (kind === "TIMESTAMP" || (kind !== "MULTI" && !MEASURE_TYPES.has(kind))) {
    throw invalid(`Expected ${where}.MeasureValueType to be DOUBLE, BIGINT, VARCHAR, BOOLEAN or MULTI, got ${kind}`);
  }
  return kind as MeasureKind;
}

function readTime(fields: Fields, where: string): bigint | undefined {
  const text = optionalText(fields, "Time");
  if (text === undefined) return undefined;
  if (!/^\d{1,19}$/.test(text))
    throw invalid(`Expected ${where}.Time to be a count since the epoch, got ${described(text)}`);
  return BigInt(text);
}

function readUnit(fields: Fields, where: string): bigint | undefined {
  const unit = optionalText(fields, "TimeUnit");
  if (unit === undefined) return undefined;
  const ns = Object.hasOwn(NS_PER_UNIT, unit) ? NS_PER_UNIT[unit] : undefined;
  if (ns === undefined)
    throw invalid(`Expected ${where}.TimeUnit to be ${Object.keys(NS_PER_UNIT).join(", ")}, got ${unit}`);
  return ns;
}

/** At least 1 (API reference, Record). Above 2^53-1 a JSON number loses digits, which would be worse than an error. */
function readVersion(value: unknown, where: string): bigint | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) {
    throw invalid(`Expected ${where}.Version to be a whole number from 1 to 2^53-1, got ${described(value)}`);
  }
  return BigInt(value);
}

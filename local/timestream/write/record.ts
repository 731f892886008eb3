import { invalid } from "../failure.ts";
import { QUOTAS } from "../quotas.ts";
import { type Identity, identityOf, valueHash } from "./identity.ts";
import { type Measure, type MeasureKind, measureBytes, parseMeasure } from "./measure.ts";
import type { Dimension, RecordFields } from "./record-fields.ts";
import { REASONS } from "./rejection.ts";
import type { StoreName, TimeWindow } from "./time-window.ts";

/** A record that may be written, if neither the table's columns nor an existing version object. */
export interface NewRecord {
  readonly index: number;
  readonly dimensions: readonly Dimension[];
  readonly measureName: string;
  readonly measureKind: MeasureKind;
  readonly measures: readonly Measure[];
  readonly timeNs: bigint;
  readonly version: bigint;
  readonly store: StoreName;
  readonly identity: Identity;
  readonly valueHash: bigint;
}

const INT64_MAX = 2n ** 63n - 1n;
const MS_TO_NS = 1_000_000n;
/** Developer guide, "Naming constraints"; the colon and the prefix measure_value as AWS IoT's TimestreamDimension has them. */
const RESERVED = /^(?:time$|ts_|measure_name|measure_value)|:/;

/**
 * Merges a record with the common attributes and checks it against everything but the table's contents.
 * Returns the reason where the record is to be rejected, and throws where the request as a whole is invalid.
 */
export function newRecord(
  common: RecordFields,
  own: RecordFields,
  index: number,
  window: TimeWindow,
): NewRecord | string {
  const where = `Records[${index}]`;
  const measureName = own.measureName ?? common.measureName;
  if (measureName === undefined) throw invalid(`Expected MeasureName in ${where} or CommonAttributes, got none`);
  const measureKind = own.measureKind ?? common.measureKind ?? "DOUBLE";
  const nsPerUnit = own.nsPerUnit ?? common.nsPerUnit ?? MS_TO_NS;
  const time = own.time ?? common.time;
  if (time === undefined) throw invalid(`Expected Time in ${where} or CommonAttributes, got none`);
  const timeNs = time * nsPerUnit;
  if (timeNs > INT64_MAX) throw invalid(`Expected ${where}.Time to lie before 2262-04-11, got ${time}`);

  const dimensions = mergeDimensions(common.dimensions, own.dimensions, where);
  const measures = mergeMeasures(common, own, measureName, measureKind, nsPerUnit, where);
  if (typeof measures === "string") return measures;
  const broken = brokenLimit(dimensions, measureName, measures, measureKind);
  if (broken !== undefined) return broken;
  if (window.requiredDimension !== undefined && !dimensions.some(({ name }) => name === window.requiredDimension)) {
    return REASONS.missingPartitionKey(window.requiredDimension);
  }
  const store = window.storeAt(timeNs);
  if (store === undefined) return window.reason;
  return {
    index,
    dimensions,
    measureName,
    measureKind,
    measures,
    timeNs,
    version: own.version ?? common.version ?? 1n,
    store,
    identity: identityOf(dimensions, measureName, timeNs),
    valueHash: valueHash(measures),
  };
}

/** Common and own dimensions together; a name in both is a ValidationException (API reference, WriteRecords). */
function mergeDimensions(common: readonly Dimension[], own: readonly Dimension[], where: string): readonly Dimension[] {
  const merged = own.length === 0 ? common : common.length === 0 ? own : [...common, ...own];
  const names = new Set<string>();
  for (const { name } of merged) {
    if (names.has(name))
      throw invalid(`Expected unique dimension names in ${where}, got ${JSON.stringify(name)} twice`);
    names.add(name);
  }
  if (merged.length > QUOTAS.dimensionsPerTable) {
    throw invalid(`Expected at most ${QUOTAS.dimensionsPerTable} dimensions in ${where}, got ${merged.length}`);
  }
  return merged;
}

function mergeMeasures(
  common: RecordFields,
  own: RecordFields,
  measureName: string,
  kind: MeasureKind,
  nsPerUnit: bigint,
  where: string,
): Measure[] | string {
  const value = own.measureValue ?? common.measureValue;
  const several = own.measures ?? common.measures;
  if (kind !== "MULTI") {
    if (value === undefined || several)
      throw invalid(`Expected MeasureValue and no MeasureValues in ${where} of type ${kind}`);
    const sent = { name: measureName, value, type: kind };
    const measure = parseMeasure(sent, `measure_value::${kind.toLowerCase()}`, nsPerUnit);
    return typeof measure === "string" ? measure : [measure];
  }
  if (value !== undefined || !several || several.length === 0) {
    throw invalid(`Expected MeasureValues and no MeasureValue in ${where} of type MULTI`);
  }
  const measures: Measure[] = [];
  const names = new Set<string>();
  for (const sent of several) {
    if (names.has(sent.name)) return REASONS.repeatedMeasure(sent.name);
    names.add(sent.name);
    const measure = parseMeasure(sent, sent.name, nsPerUnit);
    if (typeof measure === "string") return measure;
    measures.push(measure);
  }
  return measures;
}

/**
 * The limits on names and sizes. What counts towards a record's 2 KB is not spelled out: here names and values of
 * dimensions and measures, the measure name and 8 bytes of time, so that what fits here fits there.
 */
function brokenLimit(
  dimensions: readonly Dimension[],
  measureName: string,
  measures: readonly Measure[],
  kind: MeasureKind,
): string | undefined {
  if (measureName.includes("\0")) return REASONS.unusableName(measureName);
  let pairBytes = 0;
  for (const { name, value } of dimensions) {
    if (RESERVED.test(name)) return REASONS.reservedName(name);
    if (name.includes("\0")) return REASONS.unusableName(name);
    pairBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (pairBytes > QUOTAS.dimensionPairsBytes) {
    return REASONS.tooLarge("dimension names and values", pairBytes, QUOTAS.dimensionPairsBytes);
  }
  if (measures.length > QUOTAS.measuresPerRecord)
    return REASONS.tooMany("measures per record", QUOTAS.measuresPerRecord);
  let valueBytes = 0;
  let nameBytes = Buffer.byteLength(measureName);
  for (const measure of measures) {
    valueBytes += measureBytes(measure);
    if (kind !== "MULTI") continue;
    if (RESERVED.test(measure.column)) return REASONS.reservedName(measure.column);
    if (measure.column.includes("\0")) return REASONS.unusableName(measure.column);
    nameBytes += Buffer.byteLength(measure.column);
  }
  if (valueBytes > QUOTAS.measureValuesBytes)
    return REASONS.tooLarge("measure values", valueBytes, QUOTAS.measureValuesBytes);
  const bytes = pairBytes + nameBytes + valueBytes + 8;
  return bytes > QUOTAS.recordBytes ? REASONS.tooLarge("record", bytes, QUOTAS.recordBytes) : undefined;
}

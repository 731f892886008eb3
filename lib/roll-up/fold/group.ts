import type { Definitions } from "../../config/definitions.ts";
import { otherValue } from "../../store/rows/row.ts";
import type { Fields } from "../../stream/event/fields.ts";
import { dimensionValue } from "./dimension.ts";
import type { CompiledMetric } from "./metric-matcher.ts";

/** A row in the making. */
export interface Group {
  readonly bucketMs: number;
  readonly values: readonly string[];
  count: number;
  sum: number;
  /** What rounding took from `sum` (Neumaier): ten thousand prices add up to the cent. */
  compensation: number;
  min: number;
  max: number;
}

/** The groups of one metric, by bucket and dimension values. */
export class MetricGroups {
  readonly metric: CompiledMetric;
  readonly #buckets = new Map<number, Map<string, Group>>();
  readonly #groupsMax: number;
  readonly #valueBytesMax: number;
  #bucketMs = Number.NaN;
  #bucket = new Map<string, Group>();

  constructor(metric: CompiledMetric, { groupsPerBucketMax, dimensionBytesMax }: Definitions) {
    this.metric = metric;
    this.#groupsMax = groupsPerBucketMax;
    this.#valueBytesMax = dimensionBytesMax;
  }

  /** The group of the event in the bucket; `(other)` where the bucket has all the groups it may have. */
  at(bucketMs: number, fields: Fields): Group {
    if (bucketMs !== this.#bucketMs) this.#select(bucketMs);
    const { dimensions } = this.metric;
    const first = dimensions[0]?.(fields);
    // A text that is a key as it stands is a value as it should be: nothing to clean.
    const met = dimensions.length === 1 && typeof first === "string" ? this.#bucket.get(first) : undefined;
    if (met !== undefined) return met;
    // No value holds a control character, so the key is unambiguous.
    let key = dimensionValue(first, this.#valueBytesMax);
    for (let place = 1; place < dimensions.length; place++) {
      key += `\u0000${dimensionValue(dimensions[place]?.(fields), this.#valueBytesMax)}`;
    }
    const known = this.#bucket.get(key);
    if (known !== undefined) return known;
    if (this.#bucket.size < this.#groupsMax) return this.#open(key);
    const otherKey = dimensions.map(() => otherValue).join("\u0000");
    return this.#bucket.get(otherKey) ?? this.#open(otherKey);
  }

  /** All groups, in the order they were opened within each bucket. */
  *[Symbol.iterator](): Generator<Group> {
    for (const bucket of this.#buckets.values()) yield* bucket.values();
  }

  #select(bucketMs: number): void {
    let bucket = this.#buckets.get(bucketMs);
    if (bucket === undefined) {
      bucket = new Map();
      this.#buckets.set(bucketMs, bucket);
    }
    this.#bucketMs = bucketMs;
    this.#bucket = bucket;
  }

  #open(key: string): Group {
    const group: Group = {
      bucketMs: this.#bucketMs,
      values: this.metric.dimensions.length === 0 ? [] : key.split("\u0000"),
      count: 0,
      sum: 0,
      compensation: 0,
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
    };
    this.#bucket.set(key, group);
    return group;
  }
}

/** Adds a number to a group's sum, minimum and maximum. */
export function addNumber(group: Group, value: number): void {
  const sum = group.sum + value;
  group.compensation += Math.abs(group.sum) >= Math.abs(value) ? group.sum - sum + value : value - sum + group.sum;
  group.sum = sum;
  if (value < group.min) group.min = value;
  if (value > group.max) group.max = value;
}

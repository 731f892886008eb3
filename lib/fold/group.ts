import { otherValue } from "./dimension.ts";
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
  #bucketMs = Number.NaN;
  #bucket = new Map<string, Group>();

  constructor(metric: CompiledMetric, groupsPerBucketMax: number) {
    this.metric = metric;
    this.#groupsMax = groupsPerBucketMax;
  }

  /** The group of the values in the bucket; `(other)` where the bucket has all the groups it may have. */
  at(bucketMs: number, values: readonly string[]): Group {
    if (bucketMs !== this.#bucketMs) this.#select(bucketMs);
    // No value holds a control character, so the key is unambiguous.
    const key = values.length === 1 ? (values[0] ?? "") : values.join("\u0000");
    const known = this.#bucket.get(key);
    if (known !== undefined) return known;
    if (this.#bucket.size < this.#groupsMax) return this.#open(key, values);
    const others = values.map(() => otherValue);
    const otherKey = others.join("\u0000");
    return this.#bucket.get(otherKey) ?? this.#open(otherKey, others);
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

  #open(key: string, values: readonly string[]): Group {
    const group: Group = {
      bucketMs: this.#bucketMs,
      values,
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
  const lost = Math.abs(group.sum) >= Math.abs(value) ? group.sum - sum + value : value - sum + group.sum;
  // Past the largest double nothing can be compensated; the sum itself says Infinity then.
  if (Number.isFinite(lost)) group.compensation += lost;
  group.sum = sum;
  if (value < group.min) group.min = value;
  if (value > group.max) group.max = value;
}

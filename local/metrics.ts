/** The units CloudWatch knows (CloudWatch API reference, MetricDatum). */
export const metricUnits = [
  "Seconds",
  "Microseconds",
  "Milliseconds",
  "Bytes",
  "Kilobytes",
  "Megabytes",
  "Gigabytes",
  "Terabytes",
  "Bits",
  "Kilobits",
  "Megabits",
  "Gigabits",
  "Terabits",
  "Percent",
  "Count",
  "Bytes/Second",
  "Kilobytes/Second",
  "Megabytes/Second",
  "Gigabytes/Second",
  "Terabytes/Second",
  "Bits/Second",
  "Kilobits/Second",
  "Megabits/Second",
  "Gigabits/Second",
  "Terabits/Second",
  "Count/Second",
  "None",
] as const;

export type MetricUnit = (typeof metricUnits)[number];

export interface MetricDatum {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: MetricUnit;
  readonly atMs: number;
}

/** Where measurements go; CloudWatch's place on the laptop. */
export interface MetricSink {
  put(datum: MetricDatum): void;
}

/** `max`, `min` and `average` are undefined where there are no samples: an absence is not a zero. */
export interface MetricStatistics {
  readonly max: number | undefined;
  readonly min: number | undefined;
  readonly sum: number;
  readonly average: number | undefined;
  readonly samples: number;
}

type Slot = { max: number; min: number; sum: number; samples: number };

const slotMs = 60_000;
const slotsKept = 180;

/** Measurements of the last three hours by minute, in memory. */
export class MetricStore implements MetricSink {
  readonly #series = new Map<string, Map<number, Slot>>();
  readonly #seriesMax: number;
  #newestSlot = 0;
  #dropped = 0;

  /** Series beyond `seriesMax` (a series is a namespace, a name and its dimensions) are counted and dropped. */
  constructor(options: { seriesMax?: number } = {}) {
    this.#seriesMax = options.seriesMax ?? 1_000;
  }

  /** Measurements not kept: too old, not finite, or of one series too many. */
  get dropped(): number {
    return this.#dropped;
  }

  put(datum: MetricDatum): void {
    const at = Math.floor(datum.atMs / slotMs);
    const slots = Number.isFinite(datum.value) ? this.#slots(seriesKey(datum), at) : undefined;
    if (slots === undefined) {
      this.#dropped++;
      return;
    }
    const slot = slots.get(at);
    if (slot === undefined) slots.set(at, { max: datum.value, min: datum.value, sum: datum.value, samples: 1 });
    else {
      slot.max = Math.max(slot.max, datum.value);
      slot.min = Math.min(slot.min, datum.value);
      slot.sum += datum.value;
      slot.samples++;
    }
  }

  /** Over the minutes that begin within `fromMs` (inclusive) and `toMs` (exclusive), as CloudWatch aligns them. */
  statistics(
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    fromMs: number,
    toMs: number,
  ): MetricStatistics {
    const total: Slot = { max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY, sum: 0, samples: 0 };
    for (const [at, slot] of this.#series.get(seriesKey({ namespace, name, dimensions })) ?? []) {
      if (at * slotMs < fromMs || at * slotMs >= toMs) continue;
      total.max = Math.max(total.max, slot.max);
      total.min = Math.min(total.min, slot.min);
      total.sum += slot.sum;
      total.samples += slot.samples;
    }
    if (total.samples === 0) return { max: undefined, min: undefined, sum: 0, average: undefined, samples: 0 };
    return { ...total, average: total.sum / total.samples };
  }

  #slots(key: string, at: number): Map<number, Slot> | undefined {
    if (!Number.isFinite(at) || at <= this.#newestSlot - slotsKept) return undefined;
    if (at > this.#newestSlot) {
      this.#newestSlot = at;
      this.#forget();
    }
    let slots = this.#series.get(key);
    if (slots === undefined) {
      if (this.#series.size >= this.#seriesMax) return undefined;
      slots = new Map();
      this.#series.set(key, slots);
    }
    return slots;
  }

  #forget(): void {
    const oldest = this.#newestSlot - slotsKept;
    for (const [key, slots] of this.#series) {
      for (const at of slots.keys()) if (at <= oldest) slots.delete(at);
      if (slots.size === 0) this.#series.delete(key);
    }
  }
}

function seriesKey(datum: Pick<MetricDatum, "namespace" | "name" | "dimensions">): string {
  const dimensions = Object.entries(datum.dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([datum.namespace, datum.name, dimensions]);
}

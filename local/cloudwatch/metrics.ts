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

/** What the measurements of one series have in common. */
export type SeriesName = Pick<MetricDatum, "namespace" | "name" | "dimensions">;

type Slot = { max: number; min: number; sum: number; samples: number };

/** `unit` is that of the first measurement: CloudWatch keeps those of another apart, and nobody here mixes them. */
type Series = { readonly unit: MetricUnit; readonly slots: Map<number, Slot> };

export const slotMs = 60_000;
/** An alarm over three hours, seen shortly before the next one is over. */
const slotsKept = 240;
/** How far back the store goes from its newest measurement. */
export const keptMs = slotsKept * slotMs;

/** Measurements of the last four hours by minute, in memory. */
export class MetricStore implements MetricSink {
  readonly #series = new Map<string, Series>();
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
    const slots = Number.isFinite(datum.value) ? this.#slots(datum, at) : undefined;
    if (slots === undefined) {
      this.#dropped++;
      return;
    }
    const slot = slots.get(at);
    const single: Slot = { max: datum.value, min: datum.value, sum: datum.value, samples: 1 };
    if (slot === undefined) slots.set(at, single);
    else add(slot, single);
  }

  /** Over the minutes that begin within `fromMs` (inclusive) and `toMs` (exclusive), as CloudWatch aligns them. */
  statistics(
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    fromMs: number,
    toMs: number,
  ): MetricStatistics {
    const [whole] = this.datapoints({ namespace, name, dimensions }, fromMs, toMs, toMs - fromMs);
    return whole?.[1] ?? { max: undefined, min: undefined, sum: 0, average: undefined, samples: 0 };
  }

  /**
   * The statistics of each period of `periodMs` from `fromMs` on that has samples, by its start, oldest first. A minute
   * belongs to the period that it begins in.
   */
  datapoints(
    series: SeriesName,
    fromMs: number,
    toMs: number,
    periodMs: number,
  ): [startMs: number, MetricStatistics][] {
    const periods = new Map<number, Slot>();
    for (const [at, slot] of this.#series.get(seriesKey(series))?.slots ?? []) {
      const atMs = at * slotMs;
      if (atMs < fromMs || atMs >= toMs) continue;
      const startMs = atMs - ((atMs - fromMs) % periodMs);
      const period = periods.get(startMs);
      if (period === undefined) periods.set(startMs, { ...slot });
      else add(period, slot);
    }
    return [...periods]
      .sort(([a], [b]) => a - b)
      .map(([startMs, period]) => [startMs, { ...period, average: period.sum / period.samples }]);
  }

  /** Every series that something is kept of. */
  names(): SeriesName[] {
    return [...this.#series.keys()].map((key) => {
      const [namespace, name, dimensions] = JSON.parse(key) as [SeriesName["namespace"], string, [string, string][]];
      return { namespace, name, dimensions: Object.fromEntries(dimensions) };
    });
  }

  /** The unit of a series; undefined where nothing of it is kept. */
  unit(series: SeriesName): MetricUnit | undefined {
    return this.#series.get(seriesKey(series))?.unit;
  }

  #slots(datum: MetricDatum, at: number): Map<number, Slot> | undefined {
    if (!Number.isFinite(at) || at <= this.#newestSlot - slotsKept) return undefined;
    if (at > this.#newestSlot) {
      this.#newestSlot = at;
      this.#forget();
    }
    const key = seriesKey(datum);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= this.#seriesMax) return undefined;
      series = { unit: datum.unit, slots: new Map() };
      this.#series.set(key, series);
    }
    return series.slots;
  }

  #forget(): void {
    const oldest = this.#newestSlot - slotsKept;
    for (const [key, { slots }] of this.#series) {
      for (const at of slots.keys()) if (at <= oldest) slots.delete(at);
      if (slots.size === 0) this.#series.delete(key);
    }
  }
}

function add(total: Slot, { max, min, sum, samples }: Slot): void {
  total.max = Math.max(total.max, max);
  total.min = Math.min(total.min, min);
  total.sum += sum;
  total.samples += samples;
}

function seriesKey(series: SeriesName): string {
  const dimensions = Object.entries(series.dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([series.namespace, series.name, dimensions]);
}

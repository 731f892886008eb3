import type { MetricSummary } from "../../lib/query/answer.ts";

/** The Segment spec's name for the unit of a price: prices in different ones must not be added up. */
export const currencyDimension = "currency";

/** Whether the values of `dimension` are units, so that a number over all of them means nothing. */
export const isUnit = (measure: MetricSummary["measure"], dimension: string | undefined): boolean =>
  measure === "sum" && dimension === currencyDimension;

/** How numbers of a metric are written, in the reader's own locale. */
export interface Amounts {
  /** All digits: "12,405", "1,204.5", "€1,204.50". */
  full(amount: number): string;
  /** As `full`, with a decimal more than a count has. */
  mean(amount: number): string;
  /** For an axis: "12K". */
  short(amount: number): string;
}

/** Counts are whole; sums have up to two decimals, or those of their currency (ISO 4217). */
export function amountsOf(measure: MetricSummary["measure"], currency?: string, locale?: string): Amounts {
  const digits: Intl.NumberFormatOptions = { maximumFractionDigits: measure === "count" ? 0 : 2 };
  const money = currency !== undefined && /^[A-Z]{3}$/.test(currency);
  const full = new Intl.NumberFormat(locale, money ? { style: "currency", currency } : digits);
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const plain = new Intl.NumberFormat(locale, digits);
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  return {
    full: (amount) => full.format(amount === 0 ? 0 : amount),
    mean: (amount) => (measure === "count" ? tenths : full).format(amount),
    short: (amount) => (Math.abs(amount) < 10_000 ? plain : compact).format(amount),
  };
}

const decimal = /^(-?)(\d{1,9})(?:\.(\d{1,6}))?$/;

/** A number as it is written in a table, kept exact: `units` / 10^`scale`. */
export interface Decimal {
  readonly units: number;
  readonly scale: number;
}

/** Reads up to 9 digits before and 6 after the point; undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = decimal.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = ""] = match;
  const units = Number(whole + fraction);
  return { units: sign === "-" ? -units : units, scale: fraction.length };
}

export const toNumber = ({ units, scale }: Decimal): number => units / 10 ** scale;

/**
 * Factor x decimal, rounded to hundredths, half a hundredth away from zero. All in whole numbers: 35 x 1.005 is 35.18,
 * where floating point would say 35.17. Undefined where that would need more than 53 bits.
 */
export function timesRounded(factor: number, { units, scale }: Decimal): number | undefined {
  const product = factor * units;
  if (!Number.isSafeInteger(product)) return undefined;
  const magnitude = Math.abs(product);
  // In hundredths: the rest decides the rounding.
  const unit = 10 ** Math.max(0, scale - 2);
  const rest = magnitude % unit;
  const hundredths = (magnitude - rest) / unit + (rest > 0 && rest * 2 >= unit ? 1 : 0);
  const value = hundredths / 10 ** Math.min(scale, 2);
  return product < 0 && value > 0 ? -value : value;
}

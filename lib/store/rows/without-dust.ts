/** Decimals that a sum is looked at with; no currency and no measured value of a person's has more. */
const decimalsMax = 12;
/** Roundings that adding up doubles may leave behind. */
const roundingsMax = 4;

/**
 * A sum of doubles without what their addition left behind: 0.1 + 0.2 is 0.3. It is the number of the fewest decimals that
 * is less than some roundings away, and only where that could not be another number of one decimal more: 12345678901234.56
 * and all whole numbers stay as they are.
 */
export function withoutDust(value: number): number {
  const rounding = spacingAt(value);
  for (let decimals = 0; decimals <= decimalsMax; decimals++) {
    // The half is what the decimal number itself is away from the nearest double.
    const awayMax = Math.min(roundingsMax * rounding, 10 ** -decimals / 10 - rounding / 2);
    const round = Number(value.toFixed(decimals));
    if (Math.abs(round - value) < awayMax) return round;
  }
  return value;
}

/** The distance from one double to the next at a value's size. */
const spacingAt = (value: number): number => 2 ** (Math.floor(Math.log2(Math.abs(value))) - 52);

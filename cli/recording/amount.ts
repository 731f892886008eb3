export type DecimalSign = "." | ",";

/** What may stand around and within an amount: currency signs, spaces and apostrophes that part thousands. */
const ornaments = /[\p{Sc}\s\u00a0\u202f'’]/gu;
const point = /^\d{1,3}(,\d{3})+(\.\d+)?$|^\d*\.?\d+$|^\d+\.$/;
const comma = /^\d{1,3}(\.\d{3})+(,\d+)?$|^\d*,?\d+$|^\d+,$/;

/**
 * The number that an amount says, with parted thousands, a currency sign, and its minus before, behind or as brackets.
 * NaN for anything else.
 */
export function amountOf(text: string, sign: DecimalSign): number {
  const bare = text.replace(ornaments, "");
  const negative = /^[-\u2212](.+)$|^(.+)-$|^\((.+)\)$/.exec(bare);
  const digits = negative === null ? bare.replace(/^\+/, "") : (negative[1] ?? negative[2] ?? negative[3] ?? "");
  if (!(sign === "." ? point : comma).test(digits)) return Number.NaN;
  const plain = sign === "." ? digits.replaceAll(",", "") : digits.replaceAll(".", "").replace(",", ".");
  return negative === null ? Number(plain) : -Number(plain);
}

/** The decimal sign of amounts: the one that only makes sense as that; where none tells, the one that goes with `delimiter`. */
export function guessedDecimal(amounts: readonly string[], delimiter: string): DecimalSign {
  let [points, commas] = [0, 0];
  for (const amount of amounts) {
    const asPoint = !Number.isNaN(amountOf(amount, "."));
    const asComma = !Number.isNaN(amountOf(amount, ","));
    if (asPoint && !asComma) points++;
    if (asComma && !asPoint) commas++;
  }
  if (points !== commas) return commas > points ? "," : ".";
  // Where the comma is the decimal sign, it cannot part the columns.
  return delimiter === ";" ? "," : ".";
}

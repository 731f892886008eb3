import { noValue, otherValue } from "../../store/rows/row.ts";
import { isRawNumber } from "../../stream/event/json.ts";

// Printable ASCII: what nearly all values are.
const plain = /^[\x20-\x7e]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const control = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * A text as a row has it. Control characters and lone surrogates become U+FFFD: two values that reach the store as the
 * same bytes must be one group here too, or one would overwrite the other.
 */
export const cleanValue = (text: string): string => text.toWellFormed().replace(control, "\ufffd");

/** The value of a dimension as a row has it. */
export function dimensionValue(value: unknown, bytesMax: number): string {
  if (typeof value === "string") {
    if (value.length <= bytesMax && plain.test(value)) return value;
    if (value === "") return noValue;
    if (value.length > bytesMax) return otherValue;
    const clean = cleanValue(value);
    return Buffer.byteLength(clean) > bytesMax ? otherValue : clean;
  }
  if (value === undefined || value === null) return noValue;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" || isRawNumber(value)) {
    const digits = typeof value === "number" ? String(value) : value.rawJSON;
    return digits.length > bytesMax ? otherValue : digits;
  }
  // A list or an object is no group; its event still counts in the totals.
  return otherValue;
}

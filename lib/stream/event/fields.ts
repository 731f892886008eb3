import { isRawNumber, parseJsonToWrite } from "./json.ts";

/** Whether a value is a JSON object. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);

/** Whether a field of a message is as good as left out. */
export const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === "";

/** The object that a text of JSON is; undefined for any other text, and one of more than `lengthMax` UTF-16 units. */
export function fieldsOf(text: string, lengthMax = Number.POSITIVE_INFINITY): Fields | undefined {
  if (text.length > lengthMax) return undefined;
  try {
    // Some of them are written again.
    const value = parseJsonToWrite(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A string, number or boolean as text, to show it or to compare it; undefined for anything else and for "". */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return isRawNumber(value) ? value.rawJSON : undefined;
}

/** The fields of any JSON object; what they hold is not known. */
export type Fields = Readonly<Record<string, unknown>>;

import type { Fields } from "./event.ts";

/** Whether a value is a JSON object. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object that a text of JSON is; undefined for any other text, and one of more than `lengthMax` UTF-16 units. */
export function fieldsOf(text: string, lengthMax = Number.POSITIVE_INFINITY): Fields | undefined {
  if (text.length > lengthMax) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

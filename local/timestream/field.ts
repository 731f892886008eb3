import { invalid } from "./failure.ts";

/** A JSON object as it came over the wire: nothing about it is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads `value` as a JSON object; `where` names it in the error. */
export function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`Expected ${where} to be an object, got ${described(value)}`);
  }
  return value as Fields;
}

/** The text in `fields[name]`, or undefined where it is missing or null. */
export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(`Expected ${name} to be a string, got ${described(value)}`);
  return value;
}

/** The text in `fields[name]`; missing or empty is a ValidationException. */
export function requiredText(fields: Fields, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined || value === "")
    throw invalid(`Expected ${name} to be a non-empty string, got ${described(value)}`);
  return value;
}

/** The whole number in `fields[name]` within `range`, or undefined where it is missing. */
export function optionalInteger(fields: Fields, name: string, range: { min: number; max: number }): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < range.min || value > range.max) {
    throw invalid(`Expected ${name} to be a whole number from ${range.min} to ${range.max}, got ${described(value)}`);
  }
  return value;
}

/** A database or table name: 3 to 256 of `a-zA-Z0-9_.-` (API reference, CreateDatabase and CreateTable). */
export function resourceName(fields: Fields, name: "DatabaseName" | "TableName"): string {
  const value = requiredText(fields, name);
  if (!/^[a-zA-Z0-9_.-]{3,256}$/.test(value)) {
    throw invalid(`Expected ${name} to be 3 to 256 letters, digits, '_', '.' or '-', got ${described(value)}`);
  }
  return value;
}

/** A value for an error message, cut short. */
export function described(value: unknown): string {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

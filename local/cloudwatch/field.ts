import { CloudWatchFailure, invalid } from "./failure.ts";

/** The members of a structure of a request. Every function here names the member in what it throws. */
export type Fields = Readonly<Record<string, unknown>>;

const missing = (name: string): CloudWatchFailure =>
  new CloudWatchFailure("MissingRequiredParameterException", `The parameter ${name} is required`);

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? "nothing";

export function fieldsOf(value: unknown, name: string): Fields {
  if (value === undefined || value === null) throw missing(name);
  if (typeof value === "object" && !Array.isArray(value)) return value as Fields;
  throw invalid(`Expected ${name} to be a structure, got ${shown(value)}`);
}

export function text(fields: Fields, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined) throw missing(name);
  return value;
}

export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || (typeof value === "string" && value.length > 0 && value.length <= 1_600)) return value;
  throw invalid(`Expected ${name} to be a text of 1 to 1600 characters, got ${shown(value)}`);
}

export function wholeNumber(fields: Fields, name: string, min: number, max: number, otherwise?: number): number {
  const value = fields[name] ?? otherwise;
  if (value === undefined) throw missing(name);
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(`Expected ${name} to be a whole number from ${min} to ${max}, got ${shown(value)}`);
}

export function list(fields: Fields, name: string, max: number): readonly unknown[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value) && value.length <= max) return value;
  throw invalid(
    `Expected ${name} to be a list of at most ${max}, got ${Array.isArray(value) ? value.length : shown(value)}`,
  );
}

export function textList(fields: Fields, name: string, max: number): readonly string[] {
  return list(fields, name, max).map((entry) => text({ [name]: entry }, name));
}

/** Epoch seconds, as the JSON protocol has times (Smithy, AWS JSON 1.0 protocol), in milliseconds. */
export function timeMs(fields: Fields, name: string): number {
  const value = fields[name] ?? undefined;
  if (value === undefined) throw missing(name);
  if (typeof value === "number" && Math.abs(value) <= 8.64e12) return value * 1_000;
  throw invalid(`Expected ${name} to be a time in epoch seconds, got ${shown(value)}`);
}

/** One of some values; throws an error that names them. */
export function oneOf<T extends string>(value: string, name: string, known: readonly T[]): T {
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  throw invalid(`Expected ${name} to be one of ${known.join(", ")}, got ${shown(value)}`);
}

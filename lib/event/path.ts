import type { Fields } from "./event.ts";

/** Finds the value at a dotted path; undefined where there is none. */
export type PathReader = (fields: Fields) => unknown;

const inside = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Fields)[name] : undefined;

/**
 * Makes the reader of a dotted path, with the usual depths written out, since it runs for every event. Paths come from
 * the configuration, which refuses names that objects inherit.
 */
export function pathReader(path: string): PathReader {
  const [first = "", second, third, ...rest] = path.split(".");
  if (second === undefined) return (fields) => fields[first];
  if (third === undefined) return (fields) => inside(fields[first], second);
  if (rest.length === 0) return (fields) => inside(inside(fields[first], second), third);
  return (fields) => rest.reduce(inside, inside(inside(fields[first], second), third));
}

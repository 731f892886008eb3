import type { Fields } from "./event.ts";

/** Finds the value at a dotted path; undefined where there is none. */
export type PathReader = (fields: Fields) => unknown;

const index = /^\d+$/;

function inside(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  // `length`, `find` and `values` are the language's own in an array, and names of properties in an event.
  return Array.isArray(value) && !index.test(name) ? undefined : (value as Fields)[name];
}

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

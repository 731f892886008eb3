import type { Fields } from "./fields.ts";

/** Finds the value at a dotted path; undefined where there is none. */
export type PathReader = (fields: Fields) => unknown;

/** Names, one inside the other. */
export type Names = readonly string[];

const index = /^\d+$/;

function inside(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  // `length`, `find` and `values` are the language's own in an array, and names of properties in an event.
  return Array.isArray(value) && !index.test(name) ? undefined : (value as Fields)[name];
}

/**
 * All that a dotted path names: the nested value first, then what flattened exports have in its place, in which some of
 * the dots are part of a name. "a.b.c" is a > b > c, a > b.c, a.b > c, or a.b.c. A path of n names has 2^(n-1) of them.
 */
export function namesOfPath(path: string): readonly Names[] {
  return splits(path.split("."));
}

function splits([first = "", ...rest]: Names): Names[] {
  if (rest.length === 0) return [[first]];
  const below = splits(rest);
  return [
    ...below.map((names) => [first, ...names]),
    ...below.map(([next, ...names]) => [`${first}.${next}`, ...names]),
  ];
}

/**
 * Makes the reader of a dotted path. The nested value goes before one under a flat name (`namesOfPath`); `null` counts as missing.
 * Paths come from the configuration, which refuses names that objects inherit.
 */
export function pathReader(path: string): PathReader {
  const names = path.split(".");
  const nested = nestedReader(names);
  if (names.length === 1) return nested;
  const flat = flatReader(names);
  return (fields) => nested(fields) ?? flat(fields);
}

/** Finds the value under a flat name, the ways through most of the names first. Goes only where the event has something. */
function flatReader(names: Names): PathReader {
  // By the first and the number of the names that are joined.
  const joined = names.map((_, first) =>
    names.slice(first).map((_, more) => names.slice(first, first + more + 1).join(".")),
  );
  const find = (value: unknown, first: number): unknown => {
    const keys = joined[first] ?? [];
    for (let more = 0; more < keys.length; more++) {
      const below = inside(value, keys[more] ?? "");
      const found =
        more === keys.length - 1 ? below : typeof below === "object" ? find(below, first + more + 1) : undefined;
      if (found !== undefined && found !== null) return found;
    }
    return undefined;
  };
  return (fields) => find(fields, 0);
}

/** With the usual depths written out, since it runs for every event. */
function nestedReader([first = "", second, third, ...rest]: Names): PathReader {
  if (second === undefined) return (fields) => fields[first];
  if (third === undefined) return (fields) => inside(fields[first], second);
  if (rest.length === 0) return (fields) => inside(inside(fields[first], second), third);
  return (fields) => rest.reduce(inside, inside(inside(fields[first], second), third));
}

/** Takes note of one thing that is wrong with a configuration. */
export type Problem = (path: string, expected: string, value: unknown) => void;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function checkKeys(
  value: Record<string, unknown>,
  path: string,
  known: readonly string[],
  problem: Problem,
): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) problem(`${path}${key}`, `one of the keys ${known.join(", ")}`, key);
  }
}

/** A dotted path. Names that every JavaScript object inherits would find the language's own functions. */
export function checkPath(value: unknown, path: string, problem: Problem): void {
  const segments = typeof value === "string" ? value.split(".") : [""];
  if (segments.length > 10 || segments.some((segment) => segment === "" || segment in Object.prototype)) {
    problem(path, 'a dotted path such as "properties.revenue", at most 10 names deep', value);
  }
}

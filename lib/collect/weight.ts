/** What is left of so many bytes after a value; below zero when there are not enough. */
function leftAfter(value: unknown, bytes: number): number {
  if (typeof value === "string") return bytes - value.length;
  if (typeof value !== "object" || value === null) return bytes - 1;
  let left = bytes;
  const isList = Array.isArray(value);
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    left = leftAfter(fields[name], left - (isList ? 1 : name.length));
    if (left < 0) return left;
  }
  return left;
}

/**
 * Whether a value surely takes more than so many bytes as JSON, by its texts and names and a byte for anything else; looks
 * no further than that. Quotes, commas and escapes are not counted.
 */
export const isHeavierThan = (value: unknown, bytes: number): boolean => leftAfter(value, bytes) < 0;

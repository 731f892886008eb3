import { isIP } from "node:net";

/** Entries of a list that are looked at. */
const entriesMax = 50;

/**
 * The first address in `context.ip`, which servers copy from what proxies write: a list with commas, perhaps with ports,
 * with IPv6 in brackets or with a zone, which says nothing elsewhere and is left out. Undefined where there is none.
 */
export function firstAddress(said: unknown): string | undefined {
  if (typeof said !== "string") return undefined;
  return said
    .split(",", entriesMax)
    .map(addressIn)
    .find((address) => address !== undefined);
}

function addressIn(entry: string): string | undefined {
  const text = entry.trim();
  const inBrackets = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1];
  if (inBrackets !== undefined) return withoutZone(inBrackets, 6);
  return withoutZone(text, 4, 6) ?? withoutZone(text.replace(/:\d+$/, ""), 4, 6);
}

function withoutZone(address: string, ...versions: number[]): string | undefined {
  return versions.includes(isIP(address)) ? address.replace(/%.*$/s, "") : undefined;
}

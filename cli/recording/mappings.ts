import type { Mapping } from "./mapping.ts";
import { onlineRetail } from "./online-retail.ts";
import { rees46 } from "./rees46.ts";

export const mappings: readonly Mapping[] = [rees46, onlineRetail];

const missing = ({ columns }: Mapping, header: readonly string[]): string[] =>
  columns.filter((column) => !header.includes(column));

/** The mapping that a header fits, or the named one. A text says why there is none. */
export function mappingOf(header: readonly string[], name?: string): Mapping | string {
  const got = `got ${header
    .map((column) => JSON.stringify(column.slice(0, 40)))
    .slice(0, 20)
    .join(", ")}`;
  if (name === undefined) {
    const fitting = mappings.find((mapping) => missing(mapping, header).length === 0);
    const known = mappings.map((mapping) => `${mapping.name} (${mapping.columns.join(", ")})`).join(" or ");
    return fitting ?? `expected a header with the columns of ${known}, or lines of JSON; ${got}`;
  }
  const named = mappings.find((mapping) => mapping.name === name);
  if (named === undefined)
    return `expected a mapping for tables, one of ${mappings.map((one) => one.name).join(", ")}; got ${name}`;
  const lacking = missing(named, header);
  return lacking.length === 0
    ? named
    : `expected the columns of ${name}, ${lacking.join(", ")} ${lacking.length === 1 ? "is" : "are"} missing; ${got}`;
}

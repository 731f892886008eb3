import { type Range, rangeOf } from "./range.ts";

/** What the reader has chosen; it lives in the address's fragment, so that a link shows the same. */
export interface Choices {
  readonly range: Range;
  /** Per metric the dimension; `null` for no dimension. A metric that is missing has its default. */
  readonly by: ReadonlyMap<string, string | null>;
}

const byPrefix = "by.";

/** Reads "#range=3h&by.orders=country"; what is unknown is left out. */
export function choicesOf(fragment: string): Choices {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const by = new Map<string, string | null>();
  for (const [field, value] of fields) {
    if (field.startsWith(byPrefix)) by.set(field.slice(byPrefix.length), value === "" ? null : value);
  }
  return { range: rangeOf(fields.get("range")), by };
}

/** Writes the fragment that `choicesOf` reads. */
export function fragmentOf({ range, by }: Choices): string {
  const fields = new URLSearchParams({ range: range.key });
  for (const [metric, dimension] of by) fields.set(byPrefix + metric, dimension ?? "");
  return `#${fields}`;
}

import { compareSequence } from "../../stream/sequence.ts";

/*
 * A part that is taken over again and again has a name for each time (`foldName`), and each name lists the skipped records
 * of the one before it once more: a hundred records that end the process, found one by one, would be half a megabyte, which
 * no item of DynamoDB holds. The ledger writes such a list once.
 */

/** Stands between the hash and the skipped records that a name has beside those of the name before it. */
const and = "+";
const killing = "!";

/** The names in a form that does not repeat skipped records; as many, and those without skipped records as they are. */
export function packNames(names: readonly string[]): string[] {
  return names.map((name, place) => {
    const before = names[place - 1] ?? "";
    const known = new Set(marksOf(before));
    if (known.size === 0) return name;
    const [hash = ""] = name.split(",", 1);
    const packed = `${hash}${and}${marksOf(name).filter((mark) => !known.has(mark))}`;
    return unpacked(packed, before) === name ? packed : name;
  });
}

/** The names that were packed. */
export function unpackNames(packed: readonly string[]): string[] {
  const names: string[] = [];
  for (const name of packed) names.push(unpacked(name, names.at(-1) ?? ""));
  return names;
}

/** A part as the ledger keeps it. */
export const packedPart = <Part extends { readonly definitions: readonly string[] }>(part: Part): Part => ({
  ...part,
  definitions: packNames(part.definitions),
});

/** A part that the ledger kept. */
export const unpackedPart = <Part extends { readonly definitions: readonly string[] }>(part: Part): Part => ({
  ...part,
  definitions: unpackNames(part.definitions),
});

const marksOf = (name: string): string[] => name.split(",").slice(1);

function unpacked(packed: string, before: string): string {
  const [hash = "", added] = packed.split(and);
  if (added === undefined) return packed;
  const bySequence = new Map<string, string>();
  for (const mark of [...marksOf(before), ...added.split(",")]) if (mark !== "") bySequence.set(sequenceOf(mark), mark);
  const marks = [...bySequence].sort(([a], [b]) => compareSequence(a, b)).map(([, mark]) => mark);
  return [hash, ...marks].join(",");
}

const sequenceOf = (mark: string): string => mark.replace(killing, "");

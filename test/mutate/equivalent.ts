import type { Mutant } from "./instrument.ts";

/** A change that no test can notice, since the code does the same with it. */
interface Equivalent {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

const equivalents: readonly Equivalent[] = [];

/** Ids of the mutants that are equivalent. Throws where one that is listed is no mutant of its file any more. */
export function equivalentIn(mutants: readonly Mutant[]): Set<number> {
  const files = new Set(mutants.map(({ file }) => file));
  const found = new Set<number>();
  for (const { file, from, to } of equivalents) {
    if (!files.has(file)) continue;
    const same = mutants.filter((mutant) => mutant.file === file && mutant.from === from && mutant.to === to);
    if (same.length === 0)
      throw new Error(`Expected a change in ${file} from ${from} to ${to}, got none: see equivalent.ts`);
    for (const { id } of same) found.add(id);
  }
  return found;
}

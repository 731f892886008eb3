import { inDedupe } from "./equivalent/dedupe.ts";
import { inDedupeWindow } from "./equivalent/dedupe-window.ts";
import { inFold } from "./equivalent/fold.ts";
import { inLedger } from "./equivalent/ledger.ts";
import { inRollUp } from "./equivalent/roll-up.ts";
import { inStore } from "./equivalent/store.ts";
import type { Mutant } from "./instrument.ts";

const equivalents = [...inDedupe, ...inDedupeWindow, ...inFold, ...inLedger, ...inRollUp, ...inStore];

/** Ids of the mutants that are equivalent. Throws where one that is listed is no mutant of its file any more. */
export function equivalentIn(mutants: readonly Mutant[]): Set<number> {
  const files = new Set(mutants.map(({ file }) => file));
  const found = new Set<number>();
  for (const { file, within = "", changes } of equivalents) {
    if (!files.has(file)) continue;
    for (const [from, to] of changes) {
      const same = mutants.filter(
        (mutant) =>
          mutant.file === file && mutant.from === from && mutant.to === to && mutant.lineText.includes(within),
      );
      if (same.length === 0)
        throw new Error(`Expected a change in ${file} from ${from} to ${to}, got none: see test/mutate/equivalent/`);
      for (const { id } of same) found.add(id);
    }
  }
  return found;
}

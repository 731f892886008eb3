import type { Equivalent } from "../equivalent.ts";

export const inDedupe: readonly Equivalent[] = [
  {
    file: "lib/dedupe/message-hash.ts",
    changes: [["source !== this.#source", "true"]],
    why: "It saves hashing the same source again.",
  },
  {
    file: "lib/dedupe/message-hash.ts",
    changes: [
      ["at < text.length", "true"],
      ["at < text.length", "at <= text.length"],
      ["at + 1 < text.length", "true"],
      ["at + 1 < text.length", "at + 1 <= text.length"],
      ["at + 2 < text.length", "true"],
      ["at + 2 < text.length", "at + 2 <= text.length"],
    ],
    why: "Behind the end of a text there is NaN, which is 0 to what follows: it saves a number that is no whole one.",
  },
  {
    file: "lib/dedupe/part-table.ts",
    changes: [
      ["kept < row", "true"],
      ["kept < row", "kept <= row"],
    ],
    why: "It saves writing a row in its own place.",
  },
  {
    file: "lib/dedupe/part-table.ts",
    within: "high > 0",
    changes: [
      ["high > 0 && (this.number[high - 1] ?? 0) < number", "false"],
      ["high > 0", "true"],
      ["high > 0", "high >= 0"],
    ],
    why: "It saves a search where the end is asked for; of no rows, the search finds the end too.",
  },
  {
    file: "lib/dedupe/part-table.ts",
    within: "#seen !== undefined) this.sees[row]",
    changes: [["this.#seen !== undefined", "true"]],
    why: "A column without rows takes none: it saves looking.",
  },
  {
    file: "lib/dedupe/recall.ts",
    within: "inOrder[row] ??",
    changes: [["[]", '["mutant"]']],
    why: "Every row is one of the list: the types do not know it.",
  },
  {
    file: "lib/dedupe/stored-ids.ts",
    within: "const [first, last]",
    changes: [
      ["run[0]?.lastSequence", "run[0].lastSequence"],
      ["run.at(-1)?.lastSequence", "run.at(-1).lastSequence"],
      ['""', '"mutant"'],
    ],
    why: "A run has a part: the types do not know it.",
  },
  {
    file: "lib/dedupe/stored-ids.ts",
    changes: [["runs.at(-1)?.push(part)", "runs.at(-1).push(part)"]],
    why: "There is a run for the first part already: the types do not know it.",
  },
];

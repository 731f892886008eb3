import type { Equivalent } from "../equivalent.ts";

export const inDedupe: readonly Equivalent[] = [
  {
    file: "lib/dedupe/duplicate-memory.ts",
    changes: [["relatives.length === 0", "false"]],
    why: "It saves asking none of them for each id.",
  },
  {
    file: "lib/dedupe/held-ids.ts",
    within: "rows.length > 0",
    changes: [
      ["rows.length > 0", "true"],
      ["rows.length > 0", "rows.length >= 0"],
    ],
    why: "Where nothing was let go of, more ids than need be are taken for inexact: it saves making a map anew.",
  },
  {
    file: "lib/dedupe/id-map.ts",
    changes: [
      ["Math.ceil(Math.max(16, expected + 1) / fullest)", "Math.floor(Math.max(16, expected + 1) / fullest)"],
      ["Math.ceil(this.#capacity * growth)", "Math.floor(this.#capacity * growth)"],
    ],
    why: "One slot more or less: there is room for one id more than are expected.",
  },
  {
    file: "lib/dedupe/id-map.ts",
    changes: [["value > held", "value >= held"]],
    why: "It is written over by itself.",
  },
  {
    file: "lib/dedupe/id-map.ts",
    within: "place < this.#slots.length; )",
    changes: [["place < this.#slots.length", "place <= this.#slots.length"]],
    why: "Behind the end there is nothing to forget.",
  },
  {
    file: "lib/dedupe/id-map.ts",
    within: "slot < 2 * slots",
    changes: [
      ["slot < 2 * slots", "slot <= 2 * slots"],
      ["run < slots", "true"],
      ["run < slots", "run <= slots"],
    ],
    why: "A table always has free slots, and has shown its longest run by the second time around.",
  },
  {
    file: "lib/dedupe/id-map.ts",
    changes: [["free <= next", "free < next"]],
    why: "What lies behind the free slot is another one.",
  },
  {
    file: "lib/dedupe/message-hash.ts",
    changes: [
      ["source !== this.#source", "true"],
      ["this.#source = source;", ""],
    ],
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
      ["high > 0", "high <= 0"],
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
    file: "lib/dedupe/part-table.ts",
    changes: [["Math.ceil(Math.max(16, this.length * growth))", "Math.floor(Math.max(16, this.length * growth))"]],
    why: "Room for one part more or less.",
  },
  {
    file: "lib/dedupe/shard-window.ts",
    within: "#furthest =",
    changes: [['""', '"mutant"']],
    why: "It is set before it is read.",
  },
  {
    file: "lib/dedupe/shard-window.ts",
    changes: [["{ fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY }", "{}"]],
    why: "No span lies within either.",
  },
  {
    file: "lib/dedupe/shard-window.ts",
    changes: [["seen !== undefined", "true"]],
    why: "Of a shard whose parts' views are not asked for, none is unknown: it saves looking at all of them.",
  },
  {
    file: "lib/dedupe/shard-window.ts",
    within: "found.sort(",
    changes: [
      ["found.sort((a, b) => a.number - b.number)", "found"],
      ["a.number - b.number", "a.number + b.number"],
      ["a.number - b.number", "undefined"],
    ],
    why: "The table puts them in order: it saves moving its rows for each.",
  },
  {
    file: "lib/dedupe/shard-window.ts",
    changes: [
      ["lacking.length > 0", "true"],
      ["lacking.length > 0", "lacking.length >= 0"],
      ["lacking.length > 1", "true"],
      ["lacking.length > 1", "lacking.length >= 1"],
    ],
    why: "Nothing lies between the parts of none or one: it saves looking.",
  },
  {
    file: "lib/dedupe/shard-window.ts",
    changes: [["this.#names.clear();", ""]],
    why: "It gives memory back; a name that stays is that of the same part.",
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

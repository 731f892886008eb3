import type { Equivalent } from "./equivalent.ts";

export const inDedupeWindow: readonly Equivalent[] = [
  {
    file: "lib/roll-up/dedupe/held-ids.ts",
    changes: [
      ["isMapped", "true"],
      ["!isMany && !isInexact", "true"],
      ["!isMany && !isInexact", "(!isMany) || (!isInexact)"],
    ],
    why: "The map is made anew at the end: it saves adding to the one before.",
  },
  {
    file: "lib/roll-up/dedupe/held-ids.ts",
    changes: [
      ["isMany || isInexact", "true"],
      ["!areOlder", "true"],
      ["this.#exactFrom = 0;", ""],
      ["(this.#parts.number[row] ?? 0) < this.#exactFrom", "true"],
      ["(this.#parts.number[row] ?? 0) < this.#exactFrom", "(this.#parts.number[row] ?? 0) <= this.#exactFrom"],
    ],
    why: "It saves making the map anew where it is right as it is.",
  },
  {
    file: "lib/roll-up/dedupe/held-ids.ts",
    within: "return this.beside([])",
    changes: [["[]", '["mutant"]']],
    why: "No row is a text.",
  },
  {
    file: "lib/roll-up/dedupe/held-ids.ts",
    within: "rows.length > 0",
    changes: [
      ["rows.length > 0", "true"],
      ["rows.length > 0", "rows.length >= 0"],
    ],
    why: "Where nothing was let go of, more ids than need be are taken for inexact: it saves making a map anew.",
  },
  {
    file: "lib/roll-up/dedupe/part-table.ts",
    changes: [
      ["kept < row", "true"],
      ["kept < row", "kept <= row"],
    ],
    why: "It saves writing a row in its own place.",
  },
  {
    file: "lib/roll-up/dedupe/part-table.ts",
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
    file: "lib/roll-up/dedupe/part-table.ts",
    within: "#seen !== undefined) this.sees[row]",
    changes: [["this.#seen !== undefined", "true"]],
    why: "A column without rows takes none: it saves looking.",
  },
  {
    file: "lib/roll-up/dedupe/part-table.ts",
    changes: [["Math.ceil(Math.max(16, this.length * growth))", "Math.floor(Math.max(16, this.length * growth))"]],
    why: "Room for one part more or less.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    within: "#furthest =",
    changes: [['""', '"mutant"']],
    why: "It is set before it is read.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    changes: [["{ fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY }", "{}"]],
    why: "No span lies within either.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    changes: [["seen !== undefined", "true"]],
    why: "Of a shard whose parts' views are not asked for, none is unknown: it saves looking at all of them.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    within: "found.sort(",
    changes: [
      ["found.sort((a, b) => a.number - b.number)", "found"],
      ["a.number - b.number", "a.number + b.number"],
      ["a.number - b.number", "undefined"],
    ],
    why: "The table puts them in order: it saves moving its rows for each.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    changes: [
      ["lacking.length > 0", "true"],
      ["lacking.length > 0", "lacking.length >= 0"],
      ["lacking.length > 1", "true"],
      ["lacking.length > 1", "lacking.length >= 1"],
    ],
    why: "Nothing lies between the parts of none or one: it saves looking.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    within: "head.open.filter(",
    changes: [
      ["number > this.#revision", "true"],
      ["number > this.#revision", "number >= this.#revision"],
    ],
    why: "A part that is known is not added again.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    changes: [["row !== -1", "true"]],
    why: "There is no row -1 to note anything in.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    within: "from.before",
    changes: [['"before"', '""']],
    why: "Whatever is not after is before: the types let nothing else through.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    changes: [
      ["!isNew && part.views !== undefined", "true"],
      ["!isNew && part.views !== undefined", "(!isNew) || (part.views !== undefined)"],
      ["part.views !== undefined", "true"],
      ["!this.#parts.isAtHand(row)", "true"],
    ],
    why: "What is noted was noted when the part was added, or is not asked for.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    changes: [
      ["(parts.number[row] ?? 0) < oldest", "false"],
      ["(parts.number[row] ?? 0) < oldest", "undefined"],
      ["(parts.number[row] ?? 0) < oldest", "(parts.number[row] ?? 0) <= oldest"],
    ],
    why: "It saves making a map anew; no other part has the number.",
  },
  {
    file: "lib/roll-up/dedupe/shard-window.ts",
    changes: [["this.#names.clear();", ""]],
    why: "It gives memory back; a name that stays is that of the same part.",
  },
];

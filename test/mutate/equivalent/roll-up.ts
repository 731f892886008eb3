import type { Equivalent } from "./equivalent.ts";

export const inRollUp: readonly Equivalent[] = [
  {
    file: "lib/roll-up/lineage.ts",
    changes: [["hashKeys === undefined", "false"]],
    why: "The ledger leaves out what is undefined.",
  },
  {
    file: "lib/roll-up/lineage.ts",
    changes: [
      ["orphanedMs > 0", "true"],
      ["orphanedMs > 0", "orphanedMs >= 0"],
    ],
    why: "No record arrived in the first days of 1970.",
  },
  {
    file: "lib/roll-up/outdated-rows.ts",
    within: "definitions.at(-1)",
    changes: [['""', '"mutant"']],
    why: "A part has been opened under something: the types do not know it.",
  },
  {
    file: "lib/roll-up/part.ts",
    changes: [["run[0]?.arrivalMs", "run[0].arrivalMs"]],
    why: "A run has a record: the types do not know it.",
  },
  {
    file: "lib/roll-up/part.ts",
    changes: [["refusals.length === 0", "false"]],
    why: "It saves folding again, to no other end.",
  },
  {
    file: "lib/roll-up/roll-up.ts",
    changes: [
      ["records[0]?.arrivalMs", "records[0].arrivalMs"],
      ["part.records[0]?.arrivalMs", "part.records[0].arrivalMs"],
    ],
    why: "A batch and a part have a record: the types do not know it.",
  },
  {
    file: "lib/roll-up/roll-up.ts",
    within: "definitions.at(-1)",
    changes: [['""', '"mutant"']],
    why: "A part has been opened under something: the types do not know it.",
  },
  {
    file: "lib/roll-up/roll-up.ts",
    changes: [
      ["head === undefined", "false"],
      ["open === undefined", "false"],
      ["head === undefined || open === undefined", "(head === undefined) && (open === undefined)"],
    ],
    within: "head === undefined || open",
    why: "Where the head was moved to seal the part, the part is in it, and else in none: the types do not know it.",
  },
  {
    file: "lib/roll-up/roll-up.ts",
    changes: [["alone", "false"]],
    within: "const folded",
    why: "It saves folding again.",
  },
  {
    file: "lib/roll-up/roll-up.ts",
    changes: [["open.definitions.length === 1", "false"]],
    why: "It saves reading what the part was opened with, which is all that it can count.",
  },
  {
    file: "lib/stream/range.ts",
    changes: [
      ["first === undefined || last === undefined", "(first === undefined) && (last === undefined)"],
      ["first === undefined", "false"],
      ["last === undefined", "false"],
    ],
    why: "There is a last record just where there is a first one: the types do not know it.",
  },
  {
    file: "lib/stream/range.ts",
    changes: [
      ["next < ranges.length", "next <= ranges.length"],
      ["ranges[next]?.lastSequence", "ranges[next].lastSequence"],
      ['""', '"mutant"'],
    ],
    within: "next < ranges.length",
    why: "Behind the last range there is none, one place further on too; before it there is one, which the types do not know.",
  },
];

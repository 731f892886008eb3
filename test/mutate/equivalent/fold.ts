import type { Equivalent } from "./equivalent.ts";

export const inFold: readonly Equivalent[] = [
  {
    file: "lib/roll-up/fold/dimension.ts",
    changes: [
      ["value.length <= bytesMax && plain.test(value)", "false"],
      ["value.length <= bytesMax", "value.length < bytesMax"],
      ["value.length > bytesMax", "false"],
      ["value.length > bytesMax", "value.length >= bytesMax"],
    ],
    why: "It saves the longer way, which comes to the same: a text has no fewer bytes than characters, and more where it is not plain.",
  },
  {
    file: "lib/roll-up/fold/event-judge.ts",
    changes: [["[]", '["mutant"]']],
    why: "Both lists are emptied, or written over, before they are read.",
  },
  {
    file: "lib/roll-up/fold/event-judge.ts",
    changes: [["event.isNoted", "true"]],
    why: "It saves a look for a note that is not there.",
  },
  {
    file: "lib/roll-up/fold/event-judge.ts",
    changes: [
      ['measure.kind === "sum"', "true"],
      ['""', '"mutant"'],
    ],
    within: 'measure.kind === "sum"',
    why: "Only a sum has a number that can be wrong.",
  },
  {
    file: "lib/roll-up/fold/group.ts",
    changes: [
      ["bucketMs !== this.#bucketMs", "true"],
      ['dimensions.length === 1 && typeof first === "string"', "false"],
      ['typeof first === "string"', "true"],
      ['typeof first === "string"', 'typeof first !== "string"'],
      ['"string"', '""'],
      ["met !== undefined", "false"],
    ],
    why: "It saves a look into a map, or making a key: the group that is found is the same. No key is anything but a text.",
  },
  {
    file: "lib/roll-up/fold/group.ts",
    changes: [["dimensions[place]?.(fields)", "dimensions[place](fields)"]],
    why: "The place is below the length: the types do not know it.",
  },
  {
    file: "lib/roll-up/fold/group.ts",
    changes: [
      ["Math.abs(group.sum) >= Math.abs(value)", "Math.abs(group.sum) > Math.abs(value)"],
      ["value < group.min", "value <= group.min"],
      ["value > group.max", "value >= group.max"],
    ],
    why: "Of two equal numbers it is the same which one is taken.",
  },
  {
    file: "lib/roll-up/fold/metric-matcher.ts",
    changes: [["conditions.length === 0", "false"]],
    why: "Every condition of none holds: it saves the asking.",
  },
  {
    file: "lib/roll-up/fold/part-fold.ts",
    changes: [["{ high: 0, low: 0 }", "{}"]],
    why: "Both are set before they are read.",
  },
  {
    file: "lib/roll-up/fold/part-fold.ts",
    changes: [["metric.number !== undefined", "true"]],
    why: "A row of a count has no numbers: it saves adding them up.",
  },
  {
    file: "lib/roll-up/fold/part-fold.ts",
    within: "group.values[index]",
    changes: [['""', '"mutant"']],
    why: "A group has a value for each dimension: the types do not know it.",
  },
];

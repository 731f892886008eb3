import type { Mutant } from "./instrument.ts";

/** A change that no test can notice, since the code does the same with it. */
interface Equivalent {
  readonly file: string;
  /** A piece of the line, where not each such change of the file is meant. */
  readonly within?: string;
  /** Of each change: what is there, and what takes its place. */
  readonly changes: readonly (readonly [from: string, to: string])[];
  readonly why: string;
}

const equivalents: readonly Equivalent[] = [
  {
    file: "lib/fold/dimension.ts",
    changes: [
      ["value.length <= bytesMax && plain.test(value)", "false"],
      ["value.length <= bytesMax", "value.length < bytesMax"],
      ["value.length > bytesMax", "false"],
      ["value.length > bytesMax", "value.length >= bytesMax"],
    ],
    why: "It saves the longer way, which comes to the same: a text has no fewer bytes than characters, and more where it is not plain.",
  },
  {
    file: "lib/fold/event-judge.ts",
    changes: [["[]", '["mutant"]']],
    why: "Both lists are emptied, or written over, before they are read.",
  },
  {
    file: "lib/fold/event-judge.ts",
    changes: [["event.isNoted", "true"]],
    why: "It saves a look for a note that is not there.",
  },
  {
    file: "lib/fold/event-judge.ts",
    changes: [
      ['measure.kind === "sum"', "true"],
      ['""', '"mutant"'],
    ],
    within: 'measure.kind === "sum"',
    why: "Only a sum has a number that can be wrong.",
  },
  {
    file: "lib/fold/group.ts",
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
    file: "lib/fold/group.ts",
    changes: [["dimensions[place]?.(fields)", "dimensions[place](fields)"]],
    why: "The place is below the length: the types do not know it.",
  },
  {
    file: "lib/fold/group.ts",
    changes: [
      ["Math.abs(group.sum) >= Math.abs(value)", "Math.abs(group.sum) > Math.abs(value)"],
      ["value < group.min", "value <= group.min"],
      ["value > group.max", "value >= group.max"],
    ],
    why: "Of two equal numbers it is the same which one is taken.",
  },
  {
    file: "lib/fold/metric-matcher.ts",
    changes: [["conditions.length === 0", "false"]],
    why: "Every condition of none holds: it saves the asking.",
  },
  {
    file: "lib/fold/part-fold.ts",
    changes: [["{ high: 0, low: 0 }", "{}"]],
    why: "Both are set before they are read.",
  },
  {
    file: "lib/fold/part-fold.ts",
    changes: [["metric.number !== undefined", "true"]],
    why: "A row of a count has no numbers: it saves adding them up.",
  },
  {
    file: "lib/fold/part-fold.ts",
    within: "group.values[index]",
    changes: [['""', '"mutant"']],
    why: "A group has a value for each dimension: the types do not know it.",
  },
  {
    file: "lib/ledger/dynamodb.ts",
    within: "#kept =",
    changes: [['""', '"mutant"']],
    why: "No definitions have either for a hash.",
  },
  {
    file: "lib/ledger/dynamodb.ts",
    within: '["shard", "share"]',
    changes: [['"shard"', '""']],
    why: "Nothing but shards is on that list.",
  },
  {
    file: "lib/ledger/dynamodb.ts",
    within: "const [streamName",
    changes: [['""', '"mutant"']],
    why: "Both are always there: the types do not know it.",
  },
  {
    file: "lib/ledger/dynamodb.ts",
    changes: [["text.length > plainDefinitionsMax", "text.length >= plainDefinitionsMax"]],
    why: "Definitions of just that length are read back in either form.",
  },
  {
    file: "lib/ledger/item-table.ts",
    within: "page.Items",
    changes: [["[]", '["mutant"]']],
    why: "Every page has its list, be it empty: the types do not know it.",
  },
  {
    file: "lib/ledger/item-table.ts",
    changes: [
      ["Responses?.[this.name]", "Responses[this.name]"],
      ["Keys.length === 0", "false"],
      ["Keys?.length", "Keys.length"],
    ],
    why: "DynamoDB always answers with the first, names no table in `UnprocessedKeys` without a key, and has left some where it is asked last.",
  },
  {
    file: "lib/ledger/item-table.ts",
    changes: [["pageItems < wholePage", "pageItems <= wholePage"]],
    why: "Pages of 1 or 25 items that grow fourfold never have just that many.",
  },
  ...["names[place - 1]", "names.at(-1)", 'const [hash = ""]', 'const [hash = "", added]'].map((within) => ({
    file: "lib/ledger/packed-names.ts",
    within,
    changes: [['""', '"mutant"']] as const,
    why: "It stands for a name that is not there, or a hash that always is: neither text has a mark.",
  })),
];

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
        throw new Error(`Expected a change in ${file} from ${from} to ${to}, got none: see test/mutate/equivalent.ts`);
      for (const { id } of same) found.add(id);
    }
  }
  return found;
}

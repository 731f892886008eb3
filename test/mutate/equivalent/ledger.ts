import type { Equivalent } from "./equivalent.ts";

export const inLedger: readonly Equivalent[] = [
  {
    file: "lib/store/ledger/dynamodb.ts",
    within: "#kept =",
    changes: [['""', '"mutant"']],
    why: "No definitions have either for a hash.",
  },
  {
    file: "lib/store/ledger/dynamodb.ts",
    within: '["shard", "share"]',
    changes: [['"shard"', '""']],
    why: "Nothing but shards is on that list.",
  },
  {
    file: "lib/store/ledger/dynamodb.ts",
    within: "const [streamName",
    changes: [['""', '"mutant"']],
    why: "Both are always there: the types do not know it.",
  },
  {
    file: "lib/store/ledger/dynamodb.ts",
    changes: [["text.length > plainDefinitionsMax", "text.length >= plainDefinitionsMax"]],
    why: "Definitions of just that length are read back in either form.",
  },
  {
    file: "lib/store/ledger/item-table.ts",
    within: "page.Items",
    changes: [["[]", '["mutant"]']],
    why: "Every page has its list, be it empty: the types do not know it.",
  },
  {
    file: "lib/store/ledger/item-table.ts",
    changes: [
      ["Responses?.[this.name]", "Responses[this.name]"],
      ["Keys.length === 0", "false"],
      ["Keys?.length", "Keys.length"],
    ],
    why: "DynamoDB always answers with the first, names no table in `UnprocessedKeys` without a key, and has left some where it is asked last.",
  },
  {
    file: "lib/store/ledger/item-table.ts",
    changes: [["pageItems < wholePage", "pageItems <= wholePage"]],
    why: "Pages of 1 or 25 items that grow fourfold never have just that many.",
  },
  ...["names[place - 1]", "names.at(-1)", 'const [hash = ""]', 'const [hash = "", added]'].map((within) => ({
    file: "lib/store/ledger/packed-names.ts",
    within,
    changes: [['""', '"mutant"']] as const,
    why: "It stands for a name that is not there, or a hash that always is: neither text has a mark.",
  })),
];

import type { Equivalent } from "./equivalent.ts";

export const inDedupe: readonly Equivalent[] = [
  {
    file: "lib/roll-up/dedupe/duplicate-memory.ts",
    changes: [["relatives.length === 0", "false"]],
    why: "It saves asking none of them for each id.",
  },
  {
    file: "lib/roll-up/dedupe/duplicate-memory.ts",
    within: 'from: { after: "0" }',
    changes: [['"0"', '""']],
    why: "Both are before every part.",
  },
  {
    file: "lib/roll-up/dedupe/duplicate-memory.ts",
    changes: [["number - 1", "number + 1"]],
    why: "The head is at hand, and tells a window that is up to date that it is.",
  },
  {
    file: "lib/roll-up/dedupe/duplicate-memory.ts",
    changes: [
      ["loaded === undefined", "false"],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code.
      ["throw new Error(`The ledger of ${shard} lacks the message ids of a part`);", ""],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code.
      ["`The ledger of ${shard} lacks the message ids of a part`", '""'],
    ],
    why: "Once all is read again, the names of all ids are known: the types do not know it.",
  },
  {
    file: "lib/roll-up/dedupe/id-map.ts",
    changes: [
      ["Math.ceil(Math.max(16, expected + 1) / fullest)", "Math.floor(Math.max(16, expected + 1) / fullest)"],
      ["Math.ceil(this.#capacity * growth)", "Math.floor(this.#capacity * growth)"],
    ],
    why: "One slot more or less: there is room for one id more than are expected.",
  },
  {
    file: "lib/roll-up/dedupe/id-map.ts",
    changes: [["this.#size + 1 > this.#capacity * fullest", "this.#size + 1 >= this.#capacity * fullest"]],
    why: "It grows for one id less, of which there is one more room than are expected.",
  },
  {
    file: "lib/roll-up/dedupe/id-map.ts",
    within: "place < slots.length",
    changes: [["place < slots.length", "place <= slots.length"]],
    why: "Behind the end there is nothing to add.",
  },
  {
    file: "lib/roll-up/dedupe/id-map.ts",
    changes: [["value > held", "value >= held"]],
    why: "It is written over by itself.",
  },
  {
    file: "lib/roll-up/dedupe/id-map.ts",
    within: "place < this.#slots.length; )",
    changes: [["place < this.#slots.length", "place <= this.#slots.length"]],
    why: "Behind the end there is nothing to forget.",
  },
  {
    file: "lib/roll-up/dedupe/id-map.ts",
    within: "slot < 2 * slots",
    changes: [
      ["slot < 2 * slots", "slot <= 2 * slots"],
      ["run < slots", "true"],
      ["run < slots", "run <= slots"],
    ],
    why: "A table always has free slots, and has shown its longest run by the second time around.",
  },
  {
    file: "lib/roll-up/dedupe/id-map.ts",
    changes: [["free <= next", "free < next"]],
    why: "What lies behind the free slot is another one.",
  },
  {
    file: "lib/roll-up/dedupe/message-hash.ts",
    changes: [
      ["source !== this.#source", "true"],
      ["this.#source = source;", ""],
    ],
    why: "It saves hashing the same source again.",
  },
  {
    file: "lib/roll-up/dedupe/message-hash.ts",
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
    file: "lib/roll-up/dedupe/recall.ts",
    within: "inOrder[row] ??",
    changes: [["[]", '["mutant"]']],
    why: "Every row is one of the list: the types do not know it.",
  },
  {
    file: "lib/roll-up/dedupe/stored-ids.ts",
    within: "const [first, last]",
    changes: [
      ["run[0]?.lastSequence", "run[0].lastSequence"],
      ["run.at(-1)?.lastSequence", "run.at(-1).lastSequence"],
      ['""', '"mutant"'],
    ],
    why: "A run has a part: the types do not know it.",
  },
  {
    file: "lib/roll-up/dedupe/stored-ids.ts",
    changes: [["runs.at(-1)?.push(part)", "runs.at(-1).push(part)"]],
    why: "There is a run for the first part already: the types do not know it.",
  },
];

import type { Equivalent } from "./equivalent.ts";

export const inStore: readonly Equivalent[] = [
  {
    file: "lib/store/rows/timestream.ts",
    changes: [
      ["first?.metric", "first.metric"],
      ["first?.def", "first.def"],
      ["chunk[0]?.metric", "chunk[0].metric"],
    ],
    why: "A request has a row: the types do not know it.",
  },
  {
    file: "lib/store/rows/timestream.ts",
    within: 'const [part = ""',
    changes: [['""', '"mutant"']],
    why: "A row of the answer has a part: the types do not know it.",
  },
];

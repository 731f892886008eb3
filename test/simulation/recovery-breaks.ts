import type { Break } from "./break.ts";

/** Bugs in redrive, gaps and the audit. */
export const recoveryBreaks: readonly Break[] = [
  {
    name: "settled-uncounted",
    what: "redrive takes files away without counting what is in them",
    edits: [
      {
        file: "recovery/redrive/redrive.ts",
        from: "if (uncovered.length === 0 && restored.records === 0) {",
        to: "if (uncovered.length >= 0) {",
      },
    ],
  },
  {
    name: "gaps-unread",
    what: "who looks for records that nobody counted does not look between two parts",
    edits: [
      {
        file: "recovery/gaps/gap.ts",
        from: "after: lastSequence, before }",
        to: "after: lastSequence, before: lastSequence }",
      },
    ],
  },
  {
    name: "open-parts-unseen",
    what: "the audit does not look at open parts",
    edits: [
      {
        file: "audit/shard-audit.ts",
        from: "await checkOpenParts(run, shardId, open);",
        to: "await checkOpenParts(run, shardId, []);",
      },
    ],
  },
  {
    name: "missing-records-unseen",
    what: "the audit does not compare with what the stream took",
    edits: [{ file: "audit/record-check.ts", from: "if (incoming > this.#most)", to: "if (incoming < 0)" }],
  },
  {
    name: "unreached-late",
    what: "redrive has batches counted whose minutes the store takes no more, and calls that done",
    edits: [
      {
        file: "recovery/isolate/store-reach.ts",
        from: "this.#acceptLate = acceptLate;",
        to: "this.#acceptLate = acceptLate || true;",
      },
    ],
  },
  {
    name: "doubled-unsaid",
    what: "the audit does not say which parts may have rows too many",
    edits: [{ file: "audit/shard-audit.ts", from: "} else if (doubled > 0) {", to: "} else if (doubled < 0) {" }],
  },
  {
    name: "given-up-unsaid",
    what: "the audit does not say that batches wait for redrive",
    edits: [
      { file: "audit/audit.ts", from: "await checkGivenUp(run);", to: "await Promise.resolve(checkGivenUp.name);" },
    ],
  },
];

import type { Break } from "./break.ts";
import type { Edit } from "./edited-product.ts";

const rollUp = (from: string, to: string): Edit => ({ file: "roll-up/roll-up.ts", from, to });
const readParts =
  "const covered: Range[] = await ledger.committed(this.#shard, this.#range.firstSequence, this.#range.lastSequence);";
const readHead = "let head: Head | undefined = await ledger.head(this.#shard);";
const outdated = "const outdated = await outdatedRows(open, part, this.#definitions, ledger, (definitions) =>";

/** Bugs in how a part is opened, finished and taken over. */
export const rollUpBreaks: readonly Break[] = [
  {
    name: "random-part-id",
    what: "every attempt writes its rows under an id of its own",
    edits: [rollUp("store.write(open.id, version, part.rows", "store.write(String(Math.random()), version, part.rows")],
  },
  {
    name: "commit-before-rows",
    what: "a part is committed and closed, and then its rows are written",
    edits: [
      rollUp(
        outdated,
        `await ledger.commit(this.#shard, committedPart(open, part, { doubled: 0, existing: 0, committedMs: clock.now() }));
         const closed = await this.#close(open, head);
         ${outdated}`,
      ),
      rollUp("return this.#close(open, head);", "return closed;"),
    ],
  },
  {
    name: "answer-before-commit",
    what: "the batch is acknowledged while the commit is still on its way",
    edits: [
      rollUp("await ledger.commit(this.#shard, committed);", "const commit = ledger.commit(this.#shard, committed);"),
      rollUp(
        "return this.#close(open, head);",
        `void commit.then(() => this.#close(open, head)).catch(() => {});
         return { ...head, open: head.open.filter((other) => other.id !== open.id) };`,
      ),
    ],
  },
  {
    name: "head-after-parts",
    what: "the committed parts are read first, and then the head",
    edits: [rollUp(readParts, ""), rollUp(readHead, `${readParts} ${readHead}`)],
  },
  {
    name: "condition-dropped",
    what: "the head is moved whatever somebody else has made of it",
    edits: [
      rollUp(
        "if (!(await this.#ports.ledger.moveHead(this.#shard, from, next))) return undefined;",
        "await this.#ports.ledger.moveHead(this.#shard, await this.#ports.ledger.head(this.#shard), next);",
      ),
    ],
  },
  {
    name: "promise-dropped",
    what: "a promise of an earlier invocation is taken off the list, and its records are counted anew",
    edits: [
      rollUp(
        "const promise = this.#oldestPromise(head);",
        `const dropped = this.#oldestPromise(head);
         if (dropped !== undefined) head = await this.#move(head, head.open.filter((part) => part !== dropped));
         if (head === undefined) break;
         const promise = undefined;`,
      ),
    ],
  },
  {
    name: "batch-edges",
    what: "a promise is kept with what the batch at hand has of its records",
    edits: [rollUp("if (held.length === records) return held;", "if (held.length > 0) return held;")],
  },
  {
    name: "wall-clock",
    what: "events are late by the clock at the time of folding",
    edits: [
      {
        file: "roll-up/fold/part-fold.ts",
        from: "this.#judge.judge(event, record.arrivalMs)",
        to: "this.#judge.judge(event, Date.now())",
      },
    ],
  },
  {
    name: "old-rows-left",
    what: "rows that an earlier definition made of a part are left beside those of the present one",
    edits: [
      { file: "roll-up/outdated-rows.ts", from: "return { rows: [...outdated.values()],", to: "return { rows: []," },
    ],
  },
  {
    name: "version-1",
    what: "a part is written under the same version, however often its definitions have changed",
    edits: [rollUp("const version = open.definitions.length;", "const version = 1;")],
  },
  {
    name: "silent-take-over",
    what: "a promise is kept under other definitions, and the ledger does not say so",
    edits: [rollUp("definitions: [...promise.definitions, ", "definitions: [")],
  },
  {
    name: "killers-uncounted",
    what: "a part does not say that a record may have left rows that cannot be taken back",
    edits: [
      {
        file: "roll-up/outdated-rows.ts",
        from: "kills && !before.has(sequenceNumber)",
        to: "kills && before.has(sequenceNumber)",
      },
    ],
  },
  {
    name: "taken-over-closed",
    what: "an old deployment closes a part that another one has taken over",
    edits: [
      {
        file: "roll-up/part-order.ts",
        from: "part.id === id && part.definitions.length === definitions.length;",
        to: "part.id === id || definitions.length < 0;",
      },
    ],
  },
  {
    name: "other-fold-thrown",
    what: "a part that other fold code began is refused",
    edits: [
      {
        file: "roll-up/outdated-rows.ts",
        from: "unknown += rowsMax(open, name, definitions ?? current);",
        to: 'unknown += rowsMax(open, name, definitions ?? current); throw new Error("Expected this fold version");',
      },
    ],
  },
  {
    name: "last-rows-only",
    what: "of a part that was taken over twice, only the rows of the definitions before the last are taken back",
    edits: [
      { file: "roll-up/outdated-rows.ts", from: "open.definitions.slice(0, -1)", to: "open.definitions.slice(-2, -1)" },
    ],
  },
  {
    name: "skips-forgotten",
    what: "a part is opened with records that are to be skipped",
    edits: [
      rollUp(
        "const skipped = new Set(head.skipped.map(({ sequenceNumber }) => sequenceNumber));",
        "const skipped = new Set<string>();",
      ),
    ],
  },
  {
    name: "order-forgotten",
    what: "a part that is opened out of order does not say so to other processes",
    edits: [
      { file: "roll-up/part-order.ts", from: "ofHead: { outOfOrder: { number, lastSequence } },", to: "ofHead: {}," },
    ],
  },
];

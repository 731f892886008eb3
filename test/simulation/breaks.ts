import type { Edit } from "./edited-product.ts";

/** A known bug. */
export interface Break {
  readonly name: string;
  /** What the code does then. */
  readonly what: string;
  readonly edits: readonly Edit[];
}

const rollUp = (from: string, to: string): Edit => ({ file: "roll-up/roll-up.ts", from, to });
const ledger = (from: string, to: string): Edit => ({ file: "ledger/dynamodb.ts", from, to });
const ledgerItems = (from: string, to: string): Edit => ({ file: "ledger/item-table.ts", from, to });
const readParts =
  "const covered: Range[] = await ledger.committed(this.#shard, this.#range.firstSequence, this.#range.lastSequence);";
const readHead = "let head: Head | undefined = await ledger.head(this.#shard);";
const keepIds = "if (range.ids > 0) await ledger.keepIds(this.#shard, range, part.ids);";
const openNext = "const moved = await this.#move({ ...head, ...order.ofHead }, [...head.open, open]);";
const outdated = "const outdated = await outdatedRows(open, part, this.#definitions, ledger, (definitions) =>";

/** Bugs that a run must find, each within a thousand seeds. */
export const breaks: readonly Break[] = [
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
    name: "ids-after-opening",
    what: "a part is opened, and then its message ids are written",
    edits: [rollUp(keepIds, ""), rollUp(openNext, `${openNext} if (moved !== undefined) { ${keepIds} }`)],
  },
  {
    name: "higher-numbers",
    what: "a part remembers those that were opened after it too",
    edits: [
      {
        file: "dedupe/recall.ts",
        from: "(parts.number[row] ?? Number.NaN) < number &&",
        to: "parts.number[row] !== number &&",
      },
    ],
  },
  {
    name: "wall-clock",
    what: "events are late by the clock at the time of folding",
    edits: [
      {
        file: "fold/part-fold.ts",
        from: "this.#judge.judge(event, record.arrivalMs)",
        to: "this.#judge.judge(event, Date.now())",
      },
    ],
  },
  {
    name: "rejection-rethrown",
    what: "what the store rejects fails the batch",
    edits: [
      {
        file: "store/timestream.ts",
        from: "if (error instanceof RejectedRecordsException) return",
        to: "if (error instanceof RejectedRecordsException) throw error; if (error === undefined) return",
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
    name: "open-parts-forgotten",
    what: "only committed parts are remembered",
    edits: [
      {
        file: "dedupe/shard-window.ts",
        from: "const found: RememberedRange[] = [...head.open];",
        to: "const found: RememberedRange[] = [];",
      },
      {
        file: "dedupe/shard-window.ts",
        from: "const found: RememberedRange[] = head.open.filter(({ number }) => number > this.#revision);",
        to: "const found: RememberedRange[] = [];",
      },
    ],
  },
  {
    name: "stale-memory",
    what: "a warm process does not look whether others have opened parts",
    edits: [
      {
        file: "dedupe/duplicate-memory.ts",
        from: "window.covers(reach) && (window.revision >= revision || (await window.update(await head())));",
        to: "window.covers(reach);",
      },
    ],
  },
  {
    name: "ancestors-forgotten",
    what: "a part remembers nothing of the shards that its own came from",
    edits: [{ file: "dedupe/duplicate-memory.ts", from: "if (seen > 0)", to: "if (Number.isNaN(seen))" }],
  },
  {
    name: "descendants-forgotten",
    what: "a part remembers nothing of the shards that came from its own, and did not see it",
    edits: [
      {
        file: "dedupe/duplicate-memory.ts",
        from: "for (const descendant of head.descendants) {",
        to: "for (const descendant of head.descendants.slice(0, 0)) {",
      },
    ],
  },
  {
    name: "descendants-unsealed",
    what: "a part decides which parts of later shards it sees while one of them is still deciding what it sees",
    edits: [rollUp("await sealDescendants(ledger, head);", "await Promise.resolve(sealDescendants.name);")],
  },
  {
    name: "failed-write-swallowed",
    what: "a write that has failed for good is taken for done",
    edits: [
      {
        file: "store/timestream.ts",
        from: 'for (const result of results) if (result.status === "rejected") throw result.reason;',
        to: "",
      },
    ],
  },
  {
    name: "settled-uncounted",
    what: "redrive takes files away without counting what is in them",
    edits: [
      {
        file: "redrive/redrive.ts",
        from: "if (uncovered.length === 0 && restored.records === 0) {",
        to: "if (uncovered.length >= 0) {",
      },
    ],
  },
  {
    name: "gaps-unread",
    what: "who looks for records that nobody counted does not look between two parts",
    edits: [
      { file: "gaps/gap.ts", from: "after: lastSequence, before }", to: "after: lastSequence, before: lastSequence }" },
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
    name: "claims-forgotten",
    what: "a part that is finished under other definitions counts messages that it did not claim when it was opened",
    edits: [
      rollUp("if (open.definitions.length === 1) return memory;", "if (open.definitions.length > 0) return memory;"),
    ],
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
    name: "stale-queries",
    what: "the ledger's parts are read as they may have been a moment ago",
    edits: [ledgerItems("        ConsistentRead: true,\n", "        ConsistentRead: false,\n")],
  },
  {
    name: "first-page-only",
    what: "of what is asked of the ledger only the first page is read",
    edits: [ledgerItems("start = page.LastEvaluatedKey;", "start = undefined;")],
  },
  {
    name: "earlier-commit-wins",
    what: "a part that was committed under later definitions is put back by a writer of the earlier ones",
    edits: [ledger("attribute_not_exists(version) OR $", "attribute_not_exists(version) OR version <> :version OR $")],
  },
  {
    name: "taken-over-closed",
    what: "an old deployment closes a part that another one has taken over",
    edits: [
      rollUp("part.id === open.id && part.definitions.length === open.definitions.length;", "part.id === open.id;"),
    ],
  },
  {
    name: "other-fold-thrown",
    what: "a part that other fold code began is refused",
    edits: [
      {
        file: "roll-up/outdated-rows.ts",
        from: "unknown += rowsMax(open, definitions ?? current);",
        to: 'unknown += rowsMax(open, definitions ?? current); throw new Error("Expected this fold version");',
      },
    ],
  },
  {
    name: "shards-unlisted",
    what: "of the stream's shards only the first page is read",
    edits: [{ file: "stream/kinesis.ts", from: "NextToken = page.NextToken;", to: "NextToken = undefined;" }],
  },
  {
    name: "unreached-late",
    what: "redrive has batches counted whose minutes the store takes no more, and calls that done",
    edits: [
      {
        file: "redelivery/store-reach.ts",
        from: "this.#acceptLate = acceptLate;",
        to: "this.#acceptLate = acceptLate || true;",
      },
    ],
  },
  {
    name: "one-namespace",
    what: "message ids are one namespace for all sources",
    edits: [
      {
        file: "fold/part-fold.ts",
        from: "hash(event.source, event.messageId, this.#hash)",
        to: 'hash("", event.messageId, this.#hash)',
      },
    ],
  },
];

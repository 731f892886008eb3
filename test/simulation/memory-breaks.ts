import type { Break } from "./break.ts";
import type { Edit } from "./edited-product.ts";

const rollUp = (from: string, to: string): Edit => ({ file: "roll-up/roll-up.ts", from, to });
const keepIds = "if (range.ids > 0) await ledger.keepIds(this.#shard, range, part.ids);";
const openNext = "const moved = await this.#move({ ...head, ...order.ofHead }, [...head.open, open]);";

/** Bugs in what is known of the messages that were counted before. */
export const memoryBreaks: readonly Break[] = [
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
        file: "roll-up/dedupe/recall.ts",
        from: "(parts.number[row] ?? Number.NaN) < number &&",
        to: "parts.number[row] !== number &&",
      },
    ],
  },
  {
    name: "open-parts-forgotten",
    what: "only committed parts are remembered",
    edits: [
      {
        file: "roll-up/dedupe/shard-window.ts",
        from: "const found: RememberedRange[] = [...head.open];",
        to: "const found: RememberedRange[] = [];",
      },
      {
        file: "roll-up/dedupe/shard-window.ts",
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
        file: "roll-up/dedupe/duplicate-memory.ts",
        from: "window.covers(reach) && (window.revision >= revision || (await window.update(await head())));",
        to: "window.covers(reach);",
      },
    ],
  },
  {
    name: "ancestors-forgotten",
    what: "a part remembers nothing of the shards that its own came from",
    edits: [{ file: "roll-up/dedupe/duplicate-memory.ts", from: "if (seen > 0)", to: "if (Number.isNaN(seen))" }],
  },
  {
    name: "descendants-forgotten",
    what: "a part remembers nothing of the shards that came from its own, and did not see it",
    edits: [
      {
        file: "roll-up/dedupe/duplicate-memory.ts",
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
    name: "claims-forgotten",
    what: "a part that is finished under other definitions counts messages that it did not claim when it was opened",
    edits: [
      rollUp("if (open.definitions.length === 1) return memory;", "if (open.definitions.length > 0) return memory;"),
    ],
  },
  {
    name: "one-namespace",
    what: "message ids are one namespace for all sources",
    edits: [
      {
        file: "roll-up/fold/part-fold.ts",
        from: "hash(event.source, event.messageId, this.#hash)",
        to: 'hash("", event.messageId, this.#hash)',
      },
    ],
  },
  {
    name: "half-compared",
    what: "two messages are one where half of their hashes is the same",
    edits: [
      {
        file: "roll-up/dedupe/id-map.ts",
        from: "(slots[place] !== high || slots[place + 1] !== low)",
        to: "slots[place] !== high",
      },
    ],
  },
  {
    name: "days-forgotten",
    what: "of a window of days only the last hours are remembered",
    edits: [
      {
        file: "roll-up/dedupe/recall.ts",
        from: "fromMs: anchorMs - dedupeWindowMs - disorderMs,",
        to: "fromMs: anchorMs - Math.min(dedupeWindowMs, 6 * 3_600_000) - disorderMs,",
      },
    ],
  },
  {
    name: "views-of-the-first",
    what: "a part is taken to see as much of all its ancestors as of the nearest",
    edits: [
      {
        file: "roll-up/dedupe/duplicate-memory.ts",
        from: "const seen = place.views[ancestor] ?? 0;",
        to: 'const seen = place.views[head.ancestors[0] ?? ""] ?? 0;',
      },
    ],
  },
];

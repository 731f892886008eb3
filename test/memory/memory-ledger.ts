import type { Definitions } from "../../lib/definitions.ts";
import { type CommittedPart, type Head, type HeadState, type Ledger, newHead } from "../../lib/ledger/ledger.ts";
import { compareSequence } from "../../lib/record/sequence.ts";
import { overlaps } from "../../lib/roll-up/uncovered.ts";

/** A ledger in memory, with the conditions of the real one. */
export class MemoryLedger implements Ledger {
  readonly heads = new Map<string, Head>();
  readonly parts = new Map<string, CommittedPart[]>();
  readonly #ids = new Map<string, Map<string, { lastSequence: string; ids: Buffer }>>();
  readonly #definitions = new Map<string, Definitions>();

  async head(shard: string): Promise<Head> {
    return this.#head(shard);
  }

  async moveHead(shard: string, from: Head, next: HeadState): Promise<boolean> {
    if (this.#head(shard).revision !== from.revision) return false;
    this.heads.set(shard, { ...next, revision: from.revision + 1 });
    return true;
  }

  async committed(shard: string, firstSequence: string, lastSequence: string): Promise<CommittedPart[]> {
    return this.#of(shard).filter((part) => overlaps(part, { firstSequence, lastSequence }));
  }

  async commit(shard: string, part: CommittedPart): Promise<void> {
    const parts = this.#of(shard);
    const known = parts.find(({ lastSequence }) => lastSequence === part.lastSequence);
    if (known !== undefined && known.definitions.length > part.definitions.length) return;
    const others = parts.filter((other) => other !== known);
    this.parts.set(
      shard,
      [...others, part].sort((a, b) => compareSequence(a.lastSequence, b.lastSequence)),
    );
  }

  async *neighbours(shard: string, from: string, direction: "before" | "after"): AsyncGenerator<CommittedPart> {
    const side = this.#of(shard).filter(({ lastSequence }) => {
      const order = compareSequence(lastSequence, from);
      return direction === "after" ? order >= 0 : order <= 0;
    });
    yield* direction === "after" ? side : side.toReversed();
  }

  async keepIds(
    shard: string,
    { idsName, lastSequence }: { idsName: string; lastSequence: string },
    ids: Buffer,
  ): Promise<void> {
    const kept = this.#ids.get(shard) ?? new Map<string, { lastSequence: string; ids: Buffer }>();
    this.#ids.set(shard, kept.set(idsName, { lastSequence, ids }));
  }

  async *ids(shard: string, firstSequence: string, lastSequence: string): AsyncGenerator<[string, Buffer]> {
    for (const [name, part] of this.#ids.get(shard) ?? []) {
      const before = compareSequence(part.lastSequence, firstSequence) < 0;
      if (!before && compareSequence(part.lastSequence, lastSequence) <= 0) yield [name, part.ids];
    }
  }

  async keepDefinitions(definitions: Definitions): Promise<void> {
    this.#definitions.set(definitions.hash, definitions);
  }

  async definitions(hash: string): Promise<Definitions | undefined> {
    return this.#definitions.get(hash);
  }

  async newest(shard: string): Promise<CommittedPart | undefined> {
    return this.#of(shard).at(-1);
  }

  shardIds(streamName: string): string[] {
    const start = `${streamName}/`;
    return [...this.heads.keys()].flatMap((key) => (key.startsWith(start) ? [key.slice(start.length)] : []));
  }

  #head(shard: string): Head {
    return this.heads.get(shard) ?? newHead;
  }

  #of(shard: string): CommittedPart[] {
    return this.parts.get(shard) ?? [];
  }
}

import type { CommittedPart, Head, Ledger } from "../store/ledger/ledger.ts";

/**
 * The ledger's heads and newest parts, for a reader that comes again and again: a newest part is read again only once the
 * head of its shard has moved, or while a part is open there. A part is committed only while it is open, and opening and
 * closing it moves the head. So an idle shard costs no request of its own, and a thousand shards about as many as have
 * moved since.
 */
export class KnownNewest implements Pick<Ledger, "headsOf" | "newest"> {
  readonly #ledger: Pick<Ledger, "headsOf" | "newest">;
  /** Of the heads that were read last: nothing else of them, which may be large. */
  #moves: ReadonlyMap<string, { readonly revision: number; readonly isOpen: boolean }> = new Map();
  /** By shard, as they are under a revision of its head. */
  readonly #known = new Map<string, { readonly revision: number; readonly newest: CommittedPart | undefined }>();

  constructor(ledger: Pick<Ledger, "headsOf" | "newest">) {
    this.#ledger = ledger;
  }

  /** Remembers nothing of other shards. */
  async headsOf(shards: readonly string[]): Promise<ReadonlyMap<string, Head>> {
    const heads = await this.#ledger.headsOf(shards);
    this.#moves = new Map(
      [...heads].map(([shard, { revision, open }]) => [shard, { revision, isOpen: open.length > 0 }]),
    );
    for (const shard of this.#known.keys()) if (!heads.has(shard)) this.#known.delete(shard);
    return heads;
  }

  /** At least as new as the heads that were read last. */
  async newest(shard: string): Promise<CommittedPart | undefined> {
    const head = this.#moves.get(shard);
    const known = this.#known.get(shard);
    if (head !== undefined && known?.revision === head.revision) return known.newest;
    const newest = await this.#ledger.newest(shard);
    if (head !== undefined && !head.isOpen) this.#known.set(shard, { revision: head.revision, newest });
    return newest;
  }
}

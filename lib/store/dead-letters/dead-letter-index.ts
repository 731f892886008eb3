import { overlaps, type Range } from "../../stream/range.ts";
import { UnreadableFailure } from "./dead-letter.ts";
import type { FailureFile, FailureFiles } from "./dead-letter-files.ts";

/** Files of one shard that are known at a time: some 100 MB of names and sequence numbers. */
const entriesMax = 200_000;
/** Files that are looked into at a time. */
const readsAtOnce = 16;

/** The batches with records of a range. */
export interface FoundFiles {
  /** The oldest first. */
  readonly files: readonly FailureFile[];
  /** Whether every batch of the shard was looked at: where not, one of the others may have records of the range. */
  readonly lookedAtAll: boolean;
  /** Key of a file of the shard that cannot be read: nobody knows what it holds. */
  readonly unreadable: string | undefined;
}

export interface IndexLimits {
  readonly entriesMax?: number;
  /** Whether to look at more files. */
  readonly hasTime: () => boolean;
}

type Entry = FailureFile & Range;

/** The known batches of a shard. */
interface ShardFiles extends Omit<FoundFiles, "files"> {
  readonly shardId: string;
  readonly sinceMs: number;
  readonly entries: readonly Entry[];
}

/**
 * Finds batches that Lambda gave up on by sequence number. Looks at each file of a shard once, one shard after the other:
 * make one index for each run. What it could not look at, it says.
 */
export class FailureIndex {
  readonly #files: FailureFiles;
  readonly #limits: Required<IndexLimits>;
  #known: ShardFiles | undefined;

  constructor(files: FailureFiles, limits: IndexLimits) {
    this.#files = files;
    this.#limits = { entriesMax, ...limits };
  }

  /** Files with records of a range whose first record arrived at `sinceMs`, epoch milliseconds. */
  async overlapping(shardId: string, range: Range, sinceMs: number): Promise<FoundFiles> {
    if (this.#known?.shardId !== shardId || this.#known.sinceMs > sinceMs) {
      this.#known = await this.#read(shardId, sinceMs);
    }
    const { entries, lookedAtAll, unreadable } = this.#known;
    return { files: entries.filter((entry) => overlaps(entry, range)), lookedAtAll, unreadable };
  }

  async #read(shardId: string, sinceMs: number): Promise<ShardFiles> {
    const entries: Entry[] = [];
    let unreadable: string | undefined;
    let some: FailureFile[] = [];
    const look = async (): Promise<void> => {
      for (const entry of await Promise.all(some.map((file) => this.#entryOf(file)))) {
        if (entry === undefined) continue;
        if ("unreadable" in entry) unreadable ??= entry.unreadable;
        else entries.push(entry);
      }
      some = [];
    };
    for await (const file of this.#files.list(shardId, sinceMs)) {
      if (entries.length + some.length >= this.#limits.entriesMax || !this.#limits.hasTime()) {
        await look();
        return { shardId, sinceMs, entries, lookedAtAll: false, unreadable };
      }
      if (some.push(file) === readsAtOnce) await look();
    }
    await look();
    return { shardId, sinceMs, entries, lookedAtAll: true, unreadable };
  }

  /** Undefined where the file is gone: it is counted. */
  async #entryOf(file: FailureFile): Promise<Entry | { readonly unreadable: string } | undefined> {
    try {
      const range = await this.#files.range(file);
      return range && { ...file, ...range };
    } catch (error) {
      if (error instanceof UnreadableFailure) return { unreadable: file.key };
      throw error;
    }
  }
}

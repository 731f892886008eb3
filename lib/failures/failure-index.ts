import { overlaps, type Range } from "../roll-up/uncovered.ts";
import { UnreadableFailure } from "./failure.ts";
import type { FailureFile, FailureFiles } from "./failure-files.ts";

/** Files of one shard that are looked into; a megabyte or two of sequence numbers. */
const filesMax = 10_000;

type Entry = FailureFile & Range;

/** Finds batches that Lambda gave up on by sequence number. Looks at each file of a shard once: make one for each run. */
export class FailureIndex {
  readonly #files: FailureFiles;
  readonly #shards = new Map<string, Promise<readonly Entry[]>>();

  constructor(files: FailureFiles) {
    this.#files = files;
  }

  /** Files with records of the range, the oldest first. */
  async overlapping(shardId: string, range: Range): Promise<readonly FailureFile[]> {
    const known = this.#shards.get(shardId) ?? this.#read(shardId);
    this.#shards.set(shardId, known);
    return (await known).filter((entry) => overlaps(entry, range));
  }

  async #read(shardId: string): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    for await (const file of this.#files.list(shardId)) {
      const range = await this.#rangeOf(file);
      if (range !== undefined) entries.push({ ...file, ...range });
      if (entries.length === filesMax) break;
    }
    return entries;
  }

  async #rangeOf(file: FailureFile): Promise<Range | undefined> {
    try {
      return await this.#files.range(file);
    } catch (error) {
      if (error instanceof UnreadableFailure) return undefined;
      throw error;
    }
  }
}

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Checkpoint, Checkpoints } from "./checkpoint.ts";

/** More shards than a stream has and had within its retention; those that ended first are forgotten. */
const checkpointsMax = 2_000;

/** Checkpoints in a JSON file, so that a mapping goes on where it was. Lost ones only cost a second delivery. */
export class CheckpointFile implements Checkpoints {
  readonly #file: string;
  readonly #max: number;
  readonly #checkpoints = new Map<string, Checkpoint>();
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string, max = checkpointsMax) {
    this.#file = file;
    this.#max = max;
  }

  async load(): Promise<ReadonlyMap<string, Checkpoint>> {
    const text = await readFile(this.#file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    for (const [shardId, checkpoint] of Object.entries(JSON.parse(text) as Record<string, Checkpoint>)) {
      this.#checkpoints.set(shardId, checkpoint);
    }
    return this.#checkpoints;
  }

  save(shardId: string, checkpoint: Checkpoint): Promise<void> {
    this.#checkpoints.set(shardId, checkpoint);
    this.#forget();
    const written = this.#writing.then(() => this.#write());
    // One failed write must not fail the next.
    this.#writing = written.catch(() => {});
    return written;
  }

  #forget(): void {
    for (const [shardId, { kind }] of this.#checkpoints) {
      if (this.#checkpoints.size <= this.#max) return;
      if (kind === "ended") this.#checkpoints.delete(shardId);
    }
  }

  async #write(): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.new`, JSON.stringify(Object.fromEntries(this.#checkpoints)));
    await rename(`${this.#file}.new`, this.#file);
  }
}

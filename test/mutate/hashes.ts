import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Says whether files are still as they were: a hash of each, read once. */
export class Hashes {
  readonly #top: string;
  readonly #known = new Map<string, string>();

  constructor(top: string) {
    this.#top = top;
  }

  /** Of a file with a mutant and of the one with a test: while both stay, so does what is known of them. */
  ofPair(file: string, testFile: string): string {
    return `${this.#of(file)} ${this.#of(testFile)}`;
  }

  #of(file: string): string {
    let hash = this.#known.get(file);
    if (hash === undefined) {
      const path = join(this.#top, file);
      // A test may be gone since it was run.
      const bytes = existsSync(path) ? readFileSync(path) : "gone";
      hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
      this.#known.set(file, hash);
    }
    return hash;
  }
}

/** The file of a test, by its name. */
export const fileOfTest = (test: string): string => test.split(" > ", 1)[0] ?? "";

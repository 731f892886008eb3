import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileOfTest, Hashes } from "./hashes.ts";
import type { Mutant } from "./instrument.ts";

/** What the tests of a file let through, by the test: numbers of mutants among those of their file. */
interface Kept {
  readonly hash: string;
  readonly tests: Record<string, number[]>;
}
/** By the file with the mutants, and the one with the tests. */
type KeptFiles = Record<string, Record<string, Kept>>;

/**
 * Which mutants a test has met and did not notice: it need not meet them again while the two files stay as they are.
 * Remembered from run to run below `node_modules/.cache`.
 */
export class Survivals {
  readonly #path: string;
  readonly #hashes: Hashes;
  readonly #mutants: ReadonlyMap<number, Mutant>;
  readonly #firstIds: ReadonlyMap<string, number>;
  readonly #met = new Map<string, Set<number>>();

  /** `mutants` are all of their files. */
  constructor(top: string, mutants: readonly Mutant[], isAnew: boolean) {
    this.#path = join(top, "node_modules/.cache/mutate-survivals.json");
    this.#hashes = new Hashes(top);
    this.#mutants = new Map(mutants.map((mutant) => [mutant.id, mutant]));
    this.#firstIds = new Map(mutants.toReversed().map(({ file, id }) => [file, id]));
    if (!isAnew) this.#recall();
  }

  /** How many times a mutant was let through. */
  get size(): number {
    return [...this.#met.values()].reduce((sum, ids) => sum + ids.size, 0);
  }

  note(id: number, test: string): void {
    const met = this.#met.get(test);
    if (met === undefined) this.#met.set(test, new Set([id]));
    else met.add(id);
  }

  /** Ids by the name of the test. */
  get met(): Record<string, number[]> {
    return Object.fromEntries([...this.#met].map(([test, ids]) => [test, [...ids].sort((a, b) => a - b)]));
  }

  /** Writes them down. */
  keep(): void {
    const files = this.#read();
    for (const file of this.#firstIds.keys()) files[file] = {};
    for (const [test, ids] of this.#met) {
      for (const id of ids) this.#keepOne(files, test, id);
    }
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify(files));
  }

  #keepOne(files: KeptFiles, test: string, id: number): void {
    const file = this.#mutants.get(id)?.file ?? "";
    const testFile = fileOfTest(test);
    const ofFile = files[file] ?? {};
    const kept = ofFile[testFile] ?? { hash: this.#hashes.ofPair(file, testFile), tests: {} };
    kept.tests[test] = [...(kept.tests[test] ?? []), id - (this.#firstIds.get(file) ?? 0)];
    ofFile[testFile] = kept;
    files[file] = ofFile;
  }

  #recall(): void {
    const files = this.#read();
    for (const [file, firstId] of this.#firstIds) {
      for (const [testFile, { hash, tests }] of Object.entries(files[file] ?? {})) {
        if (hash !== this.#hashes.ofPair(file, testFile)) continue;
        for (const [test, numbers] of Object.entries(tests)) {
          for (const number of numbers) this.note(firstId + number, test);
        }
      }
    }
  }

  #read(): KeptFiles {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as KeptFiles;
    } catch {
      return {};
    }
  }
}

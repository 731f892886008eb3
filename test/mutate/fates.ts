import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileOfTest, Hashes } from "./hashes.ts";
import type { Mutant } from "./instrument.ts";
import type { How } from "./run-log.ts";

/** What killed a mutant. */
interface Kill {
  readonly test: string;
  readonly by: How;
  /** Of the file with the mutant and of the one with the test: while both stay, so does what is known. */
  readonly hash: string;
}

/** What became of each mutant, remembered from run to run below `node_modules/.cache`. */
export class Fates {
  readonly #top: string;
  readonly #mutants: ReadonlyMap<number, Mutant>;
  readonly #kills = new Map<number, Kill>();
  readonly #covered = new Set<number>();
  readonly #hashes: Hashes;

  constructor(top: string, mutants: readonly Mutant[], isAnew: boolean) {
    this.#top = top;
    this.#hashes = new Hashes(top);
    this.#mutants = new Map(mutants.map((mutant) => [mutant.id, mutant]));
    const kept = isAnew ? {} : this.#read();
    for (const mutant of mutants) {
      const kill = kept[keyOf(mutant)];
      if (kill !== undefined && kill.hash === this.#hashes.ofPair(mutant.file, fileOfTest(kill.test)))
        this.#kills.set(mutant.id, kill);
    }
  }

  /** Ids of mutants that nothing has killed. */
  get alive(): number[] {
    return [...this.#mutants.keys()].filter((id) => !this.#kills.has(id));
  }

  kill(id: number, test: string, by: How): void {
    const mutant = this.#mutants.get(id);
    if (mutant !== undefined)
      this.#kills.set(id, { test, by, hash: this.#hashes.ofPair(mutant.file, fileOfTest(test)) });
  }

  cover(ids: readonly number[]): void {
    for (const id of ids) this.#covered.add(id);
  }

  isCovered(id: number): boolean {
    return this.#covered.has(id);
  }

  killOf(id: number): Pick<Kill, "test" | "by"> | undefined {
    return this.#kills.get(id);
  }

  /** Remembers what was killed. */
  keep(): void {
    const kept = this.#read();
    for (const mutant of this.#mutants.values()) {
      const kill = this.#kills.get(mutant.id);
      if (kill === undefined) delete kept[keyOf(mutant)];
      else kept[keyOf(mutant)] = kill;
    }
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify(kept));
  }

  get #path(): string {
    return join(this.#top, "node_modules/.cache/mutate.json");
  }

  #read(): Record<string, Kill> {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as Record<string, Kill>;
    } catch {
      return {};
    }
  }
}

const keyOf = ({ file, line, column, operator, to }: Mutant): string => [file, line, column, operator, to].join("|");

/** Entries of a list that a report has: Lambda answers at most 6 MB. */
const listedMax = 100;

/** A list that a report has the first of, and says how many there are. */
export class Listed<Entry> {
  readonly #first: Entry[] = [];
  #count = 0;

  add(entry: Entry): void {
    this.#count++;
    if (this.#first.length < listedMax) this.#first.push(entry);
  }

  get first(): readonly Entry[] {
    return this.#first;
  }

  get count(): number {
    return this.#count;
  }
}

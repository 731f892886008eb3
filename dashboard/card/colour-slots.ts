/** Gives each value one of a few colours, and lets it keep the colour for as long as it is shown. */
export class ColourSlots {
  readonly #slots: (string | undefined)[];

  constructor(count: number) {
    this.#slots = Array.from({ length: count });
  }

  /** The slot of each value, from 0. Expects no more different values than there are slots. */
  assign(values: readonly string[]): Map<string, number> {
    for (const [slot, value] of this.#slots.entries()) {
      if (value !== undefined && !values.includes(value)) this.#slots[slot] = undefined;
    }
    for (const value of values) {
      if (this.#slots.includes(value)) continue;
      const free = this.#slots.indexOf(undefined);
      if (free === -1) throw new RangeError(`Expected at most ${this.#slots.length} values, got ${values.length}`);
      this.#slots[free] = value;
    }
    return new Map(values.map((value) => [value, this.#slots.indexOf(value)]));
  }
}

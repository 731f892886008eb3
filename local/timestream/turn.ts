/** Work that must not overlap, run one after another in the order it was asked for. */
export class Turn {
  #tail: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(work);
    // The next in line does not care how this one ended.
    this.#tail = run.catch(() => undefined);
    return run;
  }
}

import { type Drop, DropReport } from "./drops.ts";

interface Flush {
  /** It waits for the events up to this serial number. */
  readonly upTo: number;
  readonly report: DropReport;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Who waits for which events, and what they are to be told. Of each event that is given up, everybody is told who waits
 * for it; where nobody does, the next one who asks.
 */
export class Flushes {
  readonly #newReport: () => DropReport;
  #untold: DropReport;
  /** By `upTo`, ascending: each waits for all that was accepted when it began. */
  #waiting: Flush[] = [];

  constructor(streamName: string, bytesMax: number) {
    this.#newReport = () => new DropReport(streamName, bytesMax);
    this.#untold = this.#newReport();
  }

  get some(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves when all events up to a serial number are settled. Rejects with EventsNotTaken. */
  wait(upTo: number): Promise<void> {
    const report = this.#untold;
    this.#untold = this.#newReport();
    return new Promise((resolve, reject) => this.#waiting.push({ upTo, report, resolve, reject }));
  }

  tell(drop: Drop): void {
    for (const { upTo, report } of this.#waiting) {
      const part = drop.between(0, upTo);
      if (part !== undefined) report.add(part);
    }
    const rest = drop.between(this.#waiting.at(-1)?.upTo ?? 0, Number.POSITIVE_INFINITY);
    if (rest !== undefined) this.#untold.add(rest);
  }

  /** Ends the wait of those who wait for nothing from the first serial number on that is not settled. */
  settle(firstOpen: number): void {
    const done = this.#waiting.filter(({ upTo }) => upTo < firstOpen);
    this.#waiting = this.#waiting.filter(({ upTo }) => upTo >= firstOpen);
    for (const { report, resolve, reject } of done) {
      const failure = report.failure();
      failure === undefined ? resolve() : reject(failure);
    }
  }
}

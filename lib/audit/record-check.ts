import { bucketMsOf } from "../roll-up/fold/part-fold.ts";
import type { PartRange } from "../store/ledger/ledger.ts";
import { type AuditRun, isoOf, settledAfterMs } from "./audit-run.ts";

const minuteMs = 60_000;

/** What a part says of where its records are. */
type Arrived = Pick<PartRange, "firstArrivalMs" | "lastArrivalMs"> & { readonly records: number };

/** How many records the parts of some shards have in a range. */
export interface RecordSums {
  readonly least: number;
  readonly most: number;
  /** When the newest arrived; 0 without one. */
  readonly newestMs: number;
}

/**
 * The records of parts against those that the stream took (CloudWatch, `IncomingRecords`). A part says only when its
 * first and its last record arrived, and CloudWatch counts by the minute, so both are given a minute of room: `least` are
 * the records of parts that lie wholly within the range less a minute at either end, `most` those of parts that touch the
 * range and a minute more at either end. More came than `most`: at least so many are in no part. Less than `least`: at
 * least so many are in two. Open parts are only in `most`. The range ends 15 minutes ago where it would end later.
 */
export class RecordCheck {
  readonly #run: AuditRun;
  readonly #toMs: number;
  #least: number;
  #most: number;
  #newestMs: number;

  /** `sums` are of shards that an earlier run has looked at. */
  constructor(run: AuditRun, { least, most, newestMs }: RecordSums = { least: 0, most: 0, newestMs: 0 }) {
    this.#run = run;
    this.#least = least;
    this.#most = most;
    this.#newestMs = newestMs;
    this.#toMs = Math.min(run.toMs, bucketMsOf(run.ports.clock.now() - settledAfterMs));
  }

  get sums(): RecordSums {
    return { least: this.#least, most: this.#most, newestMs: this.#newestMs };
  }

  add({ firstArrivalMs, lastArrivalMs, records }: Arrived): void {
    const { fromMs } = this.#run;
    this.addOpen({ firstArrivalMs, lastArrivalMs, records });
    this.#newestMs = Math.max(this.#newestMs, lastArrivalMs);
    if (firstArrivalMs >= fromMs + minuteMs && lastArrivalMs < this.#toMs - minuteMs) this.#least += records;
  }

  addOpen({ firstArrivalMs, lastArrivalMs, records }: Arrived): void {
    if (lastArrivalMs >= this.#run.fromMs - minuteMs && firstArrivalMs <= this.#toMs + minuteMs) this.#most += records;
  }

  /** Compares once all parts are added. The records that came; undefined where that cannot be known. */
  async finish(): Promise<number | undefined> {
    const { ports, fromMs, notes } = this.#run;
    if (this.#toMs <= fromMs) {
      notes.add("Records were not compared with the stream: the range ends less than 15 minutes ago");
      return undefined;
    }
    if (this.#toMs < this.#run.toMs) notes.add("Records of the last 15 minutes were not compared with the stream");
    const incoming = await ports.incoming.records(fromMs, this.#toMs);
    if (incoming === undefined) {
      notes.add("Records were not compared with the stream: CloudWatch has no data points, or not all");
    } else if (this.#run.ledgerRead) {
      if (incoming > this.#most) this.#missing(incoming);
      else if (incoming < this.#least) this.#tooMany(incoming);
    }
    return incoming;
  }

  #missing(incoming: number): void {
    const newest = this.#newestMs === 0 ? "nothing is counted" : `counted until ${isoOf(this.#newestMs)}`;
    this.#add(
      incoming - this.#most,
      `Expected the ${incoming} records that the stream took in parts, got at most ${this.#most} (${newest}): not yet counted, given up or lost`,
      `npx millrace sweep; npx millrace redrive; ${this.#run.command("gaps")}`,
    );
  }

  #tooMany(incoming: number): void {
    const detail = `Expected at most the ${incoming} records that the stream took in parts, got at least ${this.#least}: counted twice`;
    this.#add(this.#least - incoming, detail, this.#run.command("audit --rows all"));
  }

  #add(amount: number, detail: string, command: string): void {
    const { ports, fromMs, findings } = this.#run;
    const minutes = [isoOf(fromMs), isoOf(this.#toMs - minuteMs)] as const;
    const where = ports.streamName;
    findings.add({ kind: "records", where, parts: [], minutes, amount, unit: "records", detail, command });
  }
}

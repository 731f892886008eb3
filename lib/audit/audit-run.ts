import type { Clock } from "../clock.ts";
import { bucketMsOf } from "../roll-up/fold/part-fold.ts";
import type { FailureFiles } from "../store/dead-letters/dead-letter-files.ts";
import type { CommittedPart, Ledger, OpenPart, PartRange } from "../store/ledger/ledger.ts";
import type { PartRowStore } from "../store/rows/store.ts";
import type { ShardList } from "../stream/reader.ts";
import { Findings } from "./finding.ts";

/** Reads lag behind writes: what is younger is not compared with what CloudWatch and the store say. */
export const settledAfterMs = 15 * 60_000;

/** What the checks of one audit share. */
export class AuditRun {
  readonly ports: AuditPorts;
  readonly rows: AuditOptions["rows"];
  /** The range in whole minutes, rounded outward. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly findings = new Findings();
  readonly notes = new Set<string>();
  #missed = false;
  #ledgerRead = true;
  readonly #deadlineMs: number;

  constructor(ports: AuditPorts, { fromMs, toMs, rows, deadlineMs }: AuditOptions) {
    this.ports = ports;
    this.rows = rows;
    this.fromMs = bucketMsOf(fromMs);
    this.toMs = bucketMsOf(toMs + 59_999);
    this.#deadlineMs = deadlineMs;
  }

  /** Whether something could not be looked at, other than shards for which there was no time. */
  get missed(): boolean {
    return this.#missed;
  }

  get isComplete(): boolean {
    return this.#ledgerRead && !this.#missed;
  }

  /** Whether every part was read that may be of the range. */
  get ledgerRead(): boolean {
    return this.#ledgerRead;
  }

  /** Whether a record of the part may have arrived in the range. */
  isAsked({ firstArrivalMs, lastArrivalMs }: PartRange): boolean {
    return lastArrivalMs >= this.fromMs && firstArrivalMs < this.toMs;
  }

  hasTime(neededMs: number): boolean {
    return this.ports.clock.now() + neededMs <= this.#deadlineMs;
  }

  /** Says why something that was asked for could not be looked at to its end. */
  leave(why: string): void {
    this.#missed = true;
    this.notes.add(why);
  }

  leaveLedger(): void {
    this.#ledgerRead = false;
    this.notes.add("The ledger was not read to the end of the range: no time left");
  }

  /** A command line with the range. */
  command(command: string): string {
    return `npx millrace ${command} --from ${isoOf(this.fromMs)} --to ${isoOf(this.toMs)}`;
  }
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** The minutes from one time to another, as a finding says them. */
export const minutesOf = (firstMs: number, lastMs: number): readonly [string, string] => [
  isoOf(bucketMsOf(firstMs)),
  isoOf(bucketMsOf(lastMs)),
];

/** Where a part is, as a finding says it: its minutes are those of its rows, of its records where it has none. */
export const aboutPart = (shardId: string, part: OpenPart | CommittedPart) =>
  ({
    where: shardId,
    parts: [part.id],
    sequences: [part.firstSequence, part.lastSequence],
    minutes: minutesOf(part.firstBucketMs ?? part.firstArrivalMs, part.lastBucketMs ?? part.lastArrivalMs),
  }) as const;

/** The command line that shows a metric in these minutes. */
export const queryOf = ([first, last]: readonly [string, string]): string =>
  `npx millrace query METRIC --every 1m --from ${first} --to ${isoOf(Date.parse(last) + 60_000)}`;

/** How many records the stream took. */
export interface IncomingRecords {
  /** Between two whole minutes, half-open; undefined where nobody knows. */
  records(fromMs: number, toMs: number): Promise<number | undefined>;
}

/** What the audit reads. It writes nothing. */
export interface AuditPorts {
  readonly streamName: string;
  /** The shards that the stream still has, and those that the ledger knows. */
  readonly shardLists: readonly ShardList[];
  readonly ledger: Pick<Ledger, "head" | "headsOf" | "neighbours">;
  readonly store: Pick<PartRowStore, "rowsOfParts">;
  readonly incoming: IncomingRecords;
  readonly failures: Pick<FailureFiles, "list">;
  /** How long the stream keeps a record. */
  readonly retentionMs: number;
  readonly dedupeWindowMs: number;
  readonly clock: Clock;
}

export interface AuditOptions {
  /** By arrival, half-open; rounded outward to whole minutes. */
  readonly fromMs: number;
  readonly toMs: number;
  /**
   * Of which parts the store is asked: of none, of some hundred, of all; "all" finds rows of parts that the ledger does
   * not know, too. Each question is billed (Timestream pricing: at least 4 TCU for 30 s).
   */
  readonly rows: "none" | "sample" | "all";
  /** Epoch milliseconds; what is not looked at by then is left, and the report says so. */
  readonly deadlineMs: number;
}

/** A question may take four attempts of 65 s. */
export const questionMsMax = 270_000;

/** The store is asked again so long after it did not agree. */
export const askAgainAfterMs = 5_000;

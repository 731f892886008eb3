import type { Tally } from "../../store/ledger/ledger.ts";
import type { Preview } from "../isolate/preview.ts";

/** Why a file was left where it is. */
export type LeftWhy =
  | "unreadable"
  /** The ledger may have forgotten whether its records were counted. */
  | "too-old"
  /** The store no longer takes rows of its minutes: it waits for a decision. */
  | "out-of-reach"
  | "not-counted"
  /** A part that holds some of its records cannot be finished. */
  | "promise-lost";

/** A file that was left where it is. */
export interface LeftFile {
  readonly key: string;
  readonly why: LeftWhy;
  readonly detail: string;
}

export interface RedriveReport {
  readonly dryRun: boolean;
  /** Files whose records are all in committed parts now; in a dry run, those that would be run. */
  readonly redriven: number;
  /** Files whose records were in committed parts before, and that were only taken away. */
  readonly settled: number;
  /** Of the settled ones those with records of a part that was written off and cannot be counted any more. */
  readonly writtenOff: number;
  readonly records: number;
  /** What became of the events of the parts that these records are in now, by the ledger; zeros in a dry run. */
  readonly tally: Tally;
  /** Why files were left; of many the first ones. */
  readonly left: readonly LeftFile[];
  readonly leftCount: number;
  /** Of them those that are out of reach. */
  readonly outOfReachCount: number;
  /** Records that end the process: skipped now; in a dry run, those that would be. Of many the first ones. */
  readonly skipped: readonly { readonly shardId: string; readonly sequenceNumber: string }[];
  readonly skippedCount: number;
  /** Of a dry run: what would be counted, at most. */
  readonly preview: Preview | undefined;
  /** Files that this run did not come to: the next one begins elsewhere. */
  readonly notLooked: number;
  /** Whether all files were looked at. */
  readonly complete: boolean;
}

import type { Definitions } from "../../config/definitions.ts";
import type { HashRange } from "../../stream/hash-range.ts";

/** What of a part is settled before it is opened. */
export interface PartRange {
  /** Short hash of shard, first and last sequence number; the `part` dimension of its rows. */
  readonly id: string;
  readonly firstSequence: string;
  readonly lastSequence: string;
  readonly firstArrivalMs: number;
  readonly lastArrivalMs: number;
  /** Message ids that it left in the ledger, duplicates too. */
  readonly ids: number;
  /**
   * Name of the item with these ids: the part's id, and a hash of what it was opened under. Who opens the same records
   * under something else and comes too late must not change what is remembered of them.
   */
  readonly idsName: string;
}

/** Where to find a part in its shard. */
export interface PartPlace {
  readonly number: number;
  readonly lastSequence: string;
}

/** A promise: these records, all of them and no other, are one part, and somebody is writing its rows. */
export interface OpenPart extends PartRange {
  /** The head's revision at opening: parts of a shard are numbered in the order they were opened. */
  readonly number: number;
  /**
   * What it was folded under (`foldName`: the hash of the definitions, and the records skipped): the last one is in
   * force, the ones before it were opened under by code that was replaced before it could finish. Their number is the
   * `Version` of its rows.
   */
  readonly definitions: readonly string[];
  readonly openedMs: number;
  /** As many as there are, and what they held when the part was opened: where it is lost, this is known of it. */
  readonly records: number;
  readonly events: number;
  /**
   * Rows that it had under the first of its definitions, or some more; absent where it was reopened, or opened by code that
   * did not say.
   */
  readonly rows?: number;
  readonly firstBucketMs: number | undefined;
  readonly lastBucketMs: number | undefined;
  /**
   * Up to which number it sees the parts of shards that this one came from, by shard. Undefined until it is sealed, and
   * never changed after.
   */
  readonly views: Views | undefined;
  /** Where the part does not lie after all that were opened before it: the one before it of which that is true. */
  readonly outOfOrderBefore?: PartPlace;
}

export type Views = Readonly<Record<string, number>>;

/** A part whose rows are all in the store. */
export interface CommittedPart extends PartRange, Tally {
  readonly number: number;
  readonly definitions: readonly string[];
  readonly views: Views | undefined;
  readonly outOfOrderBefore?: PartPlace;
  readonly records: number;
  /** Rows that the store took, and the sum of their counts. */
  readonly rows: number;
  readonly rowsCount: number;
  /**
   * The absolute sums of those rows, added up; absent where none has one. A text: it may be over 2^53,
   * for which DynamoDB's client has no number.
   */
  readonly rowsSum?: string;
  /**
   * Rows at most that may count beside those: of earlier definitions, which the store refused to take back or nobody can
   * name; of records that end the process now and did not then; and rows that the store takes no more and may have taken
   * before, whose events the tally calls late.
   */
  readonly doubled: number;
  /**
   * Rows that the store had under this version before the first who could write them did; absent where there were none. With
   * other values, they are a fold that is not the same each time; with the same ones, somebody kept the promise at the same
   * moment. The audit looks.
   */
  readonly existing?: number;
  /** Events that the part was begun with and nobody had any more when it was written off; absent where it was counted. */
  readonly lost?: number;
  /** Buckets of the first and last row; undefined where there is no row. */
  readonly firstBucketMs: number | undefined;
  readonly lastBucketMs: number | undefined;
  readonly committedMs: number;
  /**
   * How far from its first record its memory of message ids reached, in milliseconds: `dedupeWindow`, or less where there
   * were too many ids. Parts of before do not say.
   */
  readonly windowMs?: number;
}

/** What of a committed part tells which message ids another part remembers. */
export type RememberedRange = PartRange & Pick<CommittedPart, "number" | "views" | "outOfOrderBefore">;

/** What a shard's ledger says of now. */
export interface Head extends HeadState {
  /** Raised by every change; 0 where nothing was written yet. */
  readonly revision: number;
  /** When the ledger drops it, unless it is moved before; absent where it stays. */
  readonly expiresMs?: number;
}

export interface HeadState {
  readonly open: readonly OpenPart[];
  /** Shards that this one came from by splitting and merging, as the ledger names them; each before those it came from. */
  readonly ancestors: readonly string[];
  /** Shards that came from this one and have begun to be counted. */
  readonly descendants: readonly string[];
  /** When it began to be counted, where it was not known any more from which shards it came, or not of all; else 0. */
  readonly orphanedMs: number;
  /** The shard's hash keys, noted as it begins to be counted; absent where nobody knew them any more. */
  readonly hashKeys?: HashRange;
  /** Arrival of the first record that came to be counted here; what its ancestors have arrived before it. 0 before. */
  readonly bornMs: number;
  /** Records of the shard that are to be skipped, in order, until a part with them is committed. */
  readonly skipped: readonly SkippedRecord[];
  /** The greatest sequence number that any part was opened with; "" before the first. */
  readonly furthest: string;
  /** The part opened last that did not lie after all that were opened before it; absent where all did. */
  readonly outOfOrder?: PartPlace;
}

/** A record that must not be counted any more: it goes to quarantine as it is. */
export interface SkippedRecord {
  readonly sequenceNumber: string;
  /** Never to be taken apart again, not even to find rows that may have been written of it: it ends the process. */
  readonly kills: boolean;
  /** Random, of the call that made the mark: it recognizes its own by it where the answer to its write was lost. */
  readonly writer?: string;
}

/** The head of a shard that nothing was written for. */
export const newHead: Head = {
  revision: 0,
  open: [],
  ancestors: [],
  descendants: [],
  orphanedMs: 0,
  bornMs: 0,
  skipped: [],
  furthest: "",
};

/**
 * What has been counted, shard by shard. Every read is strongly consistent. Throws what its database throws; nothing is
 * written in part.
 */
export interface Ledger {
  head(shard: string): Promise<Head>;
  /** The heads of many shards, each as `head` gives it. They are read in batches, and not all at one moment. */
  headsOf(shards: readonly string[]): Promise<ReadonlyMap<string, Head>>;
  /**
   * Puts the next head in place of `from`; false where somebody else did first. A write of this very call that the SDK
   * repeated is this call's own, and true, unless somebody has moved the head again since.
   */
  moveHead(shard: string, from: Head, next: HeadState): Promise<boolean>;
  /** Committed parts that overlap the range of sequence numbers, in order. */
  committed(shard: string, firstSequence: string, lastSequence: string): Promise<CommittedPart[]>;
  /**
   * Writes a committed part, unless it stands there already under later definitions. One that is written off (`lost`) takes
   * the place of no part under the same definitions either; one that was counted takes the place of one written off.
   */
  commit(shard: string, part: CommittedPart): Promise<void>;
  /** Committed parts from a sequence number on, the nearest first. */
  neighbours(shard: string, from: string, direction: "before" | "after"): AsyncIterable<CommittedPart>;
  /** As `neighbours`, with only what tells which message ids another part remembers: a third of the time. */
  ranges(shard: string, from: string, direction: "before" | "after"): AsyncIterable<RememberedRange>;
  /** Keeps the message ids of a part, 8 bytes each. Written before the part is opened; again, it is the same. */
  keepIds(shard: string, part: Pick<PartRange, "idsName" | "lastSequence">, ids: Buffer): Promise<void>;
  /** The ids of parts whose last sequence number lies in the range, by name; of parts that were never opened too. */
  ids(shard: string, firstSequence: string, lastSequence: string): AsyncIterable<[idsName: string, ids: Buffer]>;
  /** Keeps definitions for whoever must finish a part that was opened under them. */
  keepDefinitions(definitions: Definitions): Promise<void>;
  /** Definitions kept under the hash; undefined where there are none. */
  definitions(hash: string): Promise<Definitions | undefined>;
  /** The secret of 16 bytes under which message ids are hashed: drawn once, and never changed. */
  messageKey(): Promise<Uint8Array>;
  /** The committed part that is furthest in the shard. */
  newest(shard: string): Promise<CommittedPart | undefined>;
}

/** A shard in the ledger's list of those that it has, or had, a head of. */
export interface KnownShard {
  readonly shardId: string;
  /** Whether the list drops it soon. */
  readonly isExpiring: boolean;
}

/** Lets go of the shards that the stream has forgotten, so that what every question reads does not grow for ever. */
export interface ExpiringLedger extends Pick<Ledger, "moveHead"> {
  knownShards(streamName: string): Promise<readonly KnownShard[]>;
  /**
   * Gives the head an end, `ledgerDays` from now; false, and nothing written, where it has been moved since. A move takes
   * the end away again.
   */
  expireHead(shard: string, head: Head): Promise<boolean>;
  /** Whether the list drops a shard in a week, or keeps it. */
  listShard(shard: string, isExpiring: boolean): Promise<void>;
}

/** What became of the events of a part: `events = counted + duplicate + quarantined + late`. */
export interface Tally {
  readonly events: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly late: number;
}

/** Bytes of the key. */
export const hashKeyBytes = 16;

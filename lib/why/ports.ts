import type { Clock } from "../clock.ts";
import type { MessageHash } from "../dedupe/message-hash.ts";
import type { Definitions } from "../definitions.ts";
import type { FailureFiles } from "../failures/failure-files.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { QuarantineFiles } from "../quarantine/quarantine-files.ts";
import type { KinesisStream } from "../stream/kinesis.ts";
import type { RangeReader } from "../stream/range-reader.ts";
import type { ShardList } from "../sweep/sweep.ts";
import type { Spent } from "./budget.ts";

/** What the search reads. It writes nothing. */
export interface WhyPorts {
  readonly streamName: string;
  /** The shards that the stream still has, and those that the ledger knows. */
  readonly shardLists: readonly ShardList[];
  readonly ledger: Pick<Ledger, "head" | "newest" | "committed" | "neighbours" | "ids" | "definitions">;
  readonly stream: Pick<RangeReader, "read"> & Pick<KinesisStream, "pages">;
  readonly quarantine: QuarantineFiles;
  readonly failures: Pick<FailureFiles, "list" | "read">;
  readonly clock: Pick<Clock, "now">;
  /** Those that questions are answered by now. */
  readonly definitions: Definitions;
}

/** One search: what is looked for, where, and what was spent on it. */
export interface Search {
  readonly messageId: string;
  readonly hash: MessageHash;
  readonly ports: WhyPorts;
  readonly spent: Spent;
  readonly notLooked: Set<string>;
}

import type { Clock } from "../clock.ts";
import type { Ledger } from "../store/ledger/ledger.ts";
import type { Quarantine } from "../store/quarantine/quarantine.ts";
import type { RowStore } from "../store/rows/store.ts";
import type { RangeReader } from "../stream/reader.ts";
import type { DuplicateMemory } from "./dedupe/duplicate-memory.ts";

/** What the roll-up works with. */
export interface Ports {
  readonly ledger: Ledger;
  /** Over the same ledger; kept from invocation to invocation. */
  readonly memory: DuplicateMemory;
  readonly store: RowStore;
  readonly quarantine: Quarantine;
  readonly stream: RangeReader;
  readonly clock: Clock;
  /** Age at which Lambda may have begun to leave records out of a batch, because they are too old, in milliseconds. */
  readonly agedAfterMs: number;
}

import type { Clock } from "../clock.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import type { RowStore } from "../store/store.ts";
import type { RangeReader } from "../stream/range-reader.ts";

/** What the roll-up works with. */
export interface Ports {
  readonly ledger: Ledger;
  readonly store: RowStore;
  readonly quarantine: Quarantine;
  readonly stream: RangeReader;
  readonly clock: Clock;
}

import type { Tally } from "../lib/store/ledger/ledger.ts";

/** What became of events, for a person. */
export const tallyText = ({ events, counted, duplicate, quarantined, late }: Tally): string =>
  `${events} events: ${counted} counted, ${duplicate} duplicate, ${quarantined} in quarantine, ${late} late and in quarantine`;

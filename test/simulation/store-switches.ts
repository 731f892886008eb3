import type { Random } from "./random.ts";

/** What the documentation of Timestream leaves open, and what a table may have come to refuse. */
export const storeSwitchTable = {
  /** "Same value and same version" is either taken or refused: sources disagree. */
  identicalReplay: ["accepted", "rejected"],
  /** Whether `ExistingVersion` says so when a record of the same version is there (API reference, RejectedRecord). */
  existingVersion: ["told", "not told"],
  /** Rows that are never taken: none, those of one shop, by themselves or with all of their request, or old ones. */
  refuses: ["none", "shop", "request", "old"],
} as const;

export type StoreSwitches = {
  readonly [Name in keyof typeof storeSwitchTable]: (typeof storeSwitchTable)[Name][number];
};

export const storeDefaults: StoreSwitches = {
  identicalReplay: "accepted",
  existingVersion: "told",
  refuses: "none",
};

export const drawStoreSwitches = (random: Random): StoreSwitches => ({
  identicalReplay: random.pick(storeSwitchTable.identicalReplay),
  existingVersion: random.pick(storeSwitchTable.existingVersion),
  refuses: random.chance(0.6) ? "none" : random.pick(storeSwitchTable.refuses),
});

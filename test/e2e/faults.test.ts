import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { type FaultyDay, faultyDay } from "./faulty-day.ts";
import { rees46File } from "./rees46-count.ts";

const present = existsSync(rees46File);
if (!present) console.warn(`Skipped: the recording ${rees46File} is not there`);

test.skipIf(!present)(
  "the totals of a recorded day are exact though functions are killed, services fail and shards split and merge meanwhile",
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const day: FaultyDay = await faultyDay({ seed, speed: 1_500, outageMsMax: 1_000 }).catch((cause: unknown) => {
      throw new Error(`Seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    });
    const { answers, expected, ledger, audit, faults } = day;
    expect(answers, `seed ${seed}`).toEqual(expected);
    expect(ledger, `seed ${seed}`).toMatchObject({ open: 0, counted: day.events, quarantined: 0, late: 0 });
    expect(ledger.events, `seed ${seed}`).toBe(ledger.counted + ledger.duplicate);
    expect(audit, `seed ${seed}`).toContain("nothing wrong");
    expect(faults.killed["millrace-roll-up"]).toBeGreaterThan(1);
    expect(faults.outages.length).toBeGreaterThan(2);
    expect(faults.resharding.length).toBeGreaterThan(1);
  },
  120_000,
);

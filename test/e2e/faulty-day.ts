import { join } from "node:path";
import { answered, answeredRevenue } from "./answered.ts";
import { FaultRun, type Faults } from "./fault-run.ts";
import { Laptop } from "./laptop.ts";
import { type LedgerSums, ledgerSums } from "./ledger-sums.ts";
import { countByHand, rees46File, rees46Rows, revenueByHand, shiftOf } from "./rees46-count.ts";

export interface FaultyDayOptions {
  readonly seed: number;
  /** How many times as fast as it happened the day is replayed. */
  readonly speed: number;
  readonly outageMsMax: number;
}

/** What came of a day, and what was done to the laptop while it went by. */
export interface FaultyDay {
  readonly events: number;
  readonly seconds: number;
  /** As the API answers them, and as counted from the file: every minute and group of every metric. */
  readonly answers: ReadonlyMap<string, string>;
  readonly expected: ReadonlyMap<string, string>;
  readonly ledger: LedgerSums;
  /** What `millrace audit` says of the whole day, every stored row included. */
  readonly audit: string;
  readonly faults: Faults;
}

const config = join(import.meta.dirname, "rees46.config.ts");

/** Replays the recorded day through a laptop of its own, to which everything happens that can. */
export async function faultyDay({ seed, speed, outageMsMax }: FaultyDayOptions): Promise<FaultyDay> {
  const startedMs = performance.now();
  await using laptop = await Laptop.start({ config });
  const faults = new FaultRun(laptop, { seed, outageMsMax });
  const replay = laptop.run("cli/millrace.ts", "replay", rees46File, "--shift-to-now", "--speed", String(speed));
  const { errors } = await faults.during(replay);
  const { output: audit } = await laptop.run(
    "cli/millrace.ts",
    "audit",
    "--from",
    "-1h",
    "--to",
    "now",
    "--rows",
    "all",
  );
  const rows = rees46Rows();
  const shiftMs = shiftOf(errors);
  return {
    events: rows.length,
    answers: new Map([...(await answered(laptop)), ...(await answeredRevenue(laptop))]),
    expected: new Map([...countByHand(rows, shiftMs), ...revenueByHand(rows, shiftMs)]),
    ledger: await ledgerSums(laptop),
    audit,
    faults,
    seconds: (performance.now() - startedMs) / 1_000,
  };
}

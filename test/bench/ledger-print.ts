import { dedupeIdsMax } from "../../lib/limits.ts";
import { type LedgerFigures, ledgerFigures, type MemoryRead } from "./ledger-bench.ts";
import { coldPrice, costShares, costsOf, timeShares, totalOf } from "./ledger-costs.ts";
import { s3PutPrice } from "./prices.ts";

/** A shard's traffic with default settings, and how many batches are measured. */
export async function allLedgerFigures(): Promise<LedgerFigures[]> {
  return [
    // One event a record; a batch is what comes in 5 s.
    await ledgerFigures(
      { eventsPerSecond: 10, eventsPerRecord: 1, eventsPerBatch: 50 },
      { warmUp: 100, measured: 400 },
    ),
    // All that a shard takes of such records: 1,000 are there after a second.
    await ledgerFigures(
      { eventsPerSecond: 1_000, eventsPerRecord: 1, eventsPerBatch: 1_000 },
      { warmUp: 10, measured: 80 },
    ),
    await ledgerFigures(
      { eventsPerSecond: 30_000, eventsPerRecord: 1_000, eventsPerBatch: 150_000 },
      { warmUp: 2, measured: 5 },
    ),
  ];
}

/** The figures with what follows of them: dollars a million events, and shares of 1. */
export const withCosts = (figures: LedgerFigures) => ({
  ...figures,
  costs: costsOf(figures),
  timeShares: timeShares(figures),
  costShares: costShares(figures),
});

const dollars = (amount: number): string => `$${amount.toFixed(4)}`.padStart(9);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function printLedger(all: readonly LedgerFigures[]): void {
  for (const figures of all) {
    const { traffic, events, use, recordBytes, parts, windowMs } = figures;
    const million = 1_000_000 / events;
    const kbPerSecond = (traffic.eventsPerSecond / traffic.eventsPerRecord) * (recordBytes / 1_000);
    console.log(
      `\nOne shard with ${traffic.eventsPerSecond} events/s, ${traffic.eventsPerRecord} to a record of ${Math.round(recordBytes)} bytes` +
        ` (${Math.round(kbPerSecond)} KB/s${kbPerSecond > 1_000 ? ", where a shard takes 1000" : ""}), ${Math.round(events / parts)} to a part`,
    );
    console.log(
      `  ids written          ${((million * use.idWriteBytes) / 1e6).toFixed(2)} MB and ${Math.round(million * use.idWriteUnits)} write units a million events`,
    );
    console.log(`  a warm process       ${(use.readUnits / parts).toFixed(1)} read units a part, none of them for ids`);
    printRead("a cold process", figures.cold);
    printRead("one batch behind", figures.behind);
    console.log(
      `  the memory reaches   ${Math.round(windowMs / 1_000)} s; at most ${dedupeIdsMax} ids, ${Math.round(figures.memoryMib)} MiB of arrays after a cold start`,
    );
    const [time, cost] = [timeShares(figures), costShares(figures)];
    console.log(
      `  share of the time    ledger ${percent(time.ledger)}, message ids ${percent(time.memory)} of ${((1_000 * figures.ms.whole) / events).toFixed(2)} microseconds an event`,
    );
    console.log(`  share of the cost    ledger ${percent(cost.ledger)}, message ids ${percent(cost.memory)}`);
    const costs = costsOf(figures);
    console.log(`  ${dollars(totalOf(costs))} a million events:`);
    for (const [name, amount] of Object.entries({ ...costs, quarantine: 0 }))
      console.log(`    ${dollars(amount)}  ${names[name as keyof typeof names]}`);
    console.log(`  ${dollars(coldPrice(figures))} a cold start`);
  }
}

const names = {
  ids: "ids, written",
  idsKept: "ids, kept for 90 days with point-in-time recovery",
  coldReads: "ids, read by one cold process an hour",
  ledgerWrites: "ledger, written",
  ledgerReads: "ledger, read",
  ledgerKept: "ledger, kept for 90 days",
  lambda: "Lambda: 512 MB, time of this machine as of one vCPU, waiting as assumed in prices.ts",
  timestream: "Timestream, written",
  kinesisPuts: "Kinesis, put",
  kinesisShards: "Kinesis, the shard",
  quarantine: `S3: nothing was quarantined; a file is $${s3PutPrice.toFixed(6)}`,
};

function printRead(name: string, { use, ms }: MemoryRead): void {
  console.log(
    `  ${name.padEnd(20)} ${use.items} items, ${(use.readBytes / 1e6).toFixed(2)} MB, ${use.readUnits} read units in ${use.requests} requests; ${Math.round(ms)} ms without the network`,
  );
}

import type { LedgerFigures } from "./ledger-bench.ts";
import {
  dynamodbMonthPrice,
  dynamodbWaitMs,
  lambdaMib,
  lambdaRequestPrice,
  lambdaSecondPrice,
  mibOfVcpu,
  putUnitPrice,
  readUnitPrice,
  shardHourPrice,
  timestreamAtOnce,
  timestreamWaitMs,
  timestreamWritePrice,
  writeUnitPrice,
} from "./prices.ts";

/** Months that the ledger keeps an item. */
const keptMonths = 3;
const gigabyte = 1024 ** 3;

/** Dollars a million events. */
export interface Costs {
  readonly ids: number;
  readonly idsKept: number;
  readonly coldReads: number;
  readonly ledgerWrites: number;
  readonly ledgerReads: number;
  readonly ledgerKept: number;
  readonly lambda: number;
  readonly timestream: number;
  readonly kinesisPuts: number;
  readonly kinesisShards: number;
}

/** The function's time for so much of a vCPU's and so much waiting, in dollars. */
const lambdaPrice = (cpuMs: number, waitMs: number): number =>
  ((cpuMs * (mibOfVcpu / lambdaMib) + waitMs) / 1_000) * (lambdaMib / 1_024) * lambdaSecondPrice;

/** Of one process that starts cold: what it reads, and its time. */
export const coldPrice = ({ cold }: LedgerFigures): number =>
  cold.use.readUnits * readUnitPrice + lambdaPrice(cold.ms, cold.use.requests * dynamodbWaitMs);

export function costsOf(figures: LedgerFigures): Costs {
  const { traffic, use, events, batches, recordBytes, ms, timestreamKib, timestreamRequests } = figures;
  const million = 1_000_000 / events;
  const waitMs = use.requests * dynamodbWaitMs + Math.ceil(timestreamRequests / timestreamAtOnce) * timestreamWaitMs;
  const hours = 1_000_000 / traffic.eventsPerSecond / 3_600;
  const putUnits = Math.ceil(recordBytes / 25_000) / traffic.eventsPerRecord;
  // A head takes the place of the one before.
  const keptBytes = use.writeBytes - use.idWriteBytes - use.headWriteBytes;
  return {
    ids: million * use.idWriteUnits * writeUnitPrice,
    idsKept: (million * use.idWriteBytes * keptMonths * dynamodbMonthPrice) / gigabyte,
    coldReads: hours * coldPrice(figures),
    ledgerWrites: million * (use.writeUnits - use.idWriteUnits) * writeUnitPrice,
    ledgerReads: million * use.readUnits * readUnitPrice,
    ledgerKept: (million * keptBytes * keptMonths * dynamodbMonthPrice) / gigabyte,
    lambda: million * (lambdaPrice(ms.whole, waitMs) + batches * lambdaRequestPrice),
    timestream: million * timestreamKib * timestreamWritePrice,
    kinesisPuts: 1_000_000 * putUnits * putUnitPrice,
    kinesisShards: hours * shardHourPrice,
  };
}

export interface Shares {
  readonly ledger: number;
  readonly memory: number;
}

/** Of the roll-up's time on a processor. */
export const timeShares = ({ ms }: LedgerFigures): Shares => ({
  ledger: ms.ledger / ms.whole,
  memory: ms.memory / ms.whole,
});

/** Of all dollars, their part of the function's time and waiting included. */
export function costShares(figures: LedgerFigures): Shares {
  const costs = costsOf(figures);
  const total = totalOf(costs);
  const million = 1_000_000 / figures.events;
  const { use, ms } = figures;
  const ledgerTime = lambdaPrice(ms.ledger, (use.requests - use.idWrites) * dynamodbWaitMs);
  const memoryTime = lambdaPrice(ms.memory, use.idWrites * dynamodbWaitMs);
  return {
    ledger: (costs.ledgerWrites + costs.ledgerReads + costs.ledgerKept + million * ledgerTime) / total,
    memory: (costs.ids + costs.idsKept + costs.coldReads + million * memoryTime) / total,
  };
}

export const totalOf = (costs: Costs): number => Object.values(costs).reduce((sum, cost) => sum + cost, 0);

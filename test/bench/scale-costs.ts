import { costsOf } from "./ledger-costs.ts";
import {
  dynamodbMonthPrice,
  dynamodbWaitMs,
  lambdaMib,
  lambdaRequestPrice,
  lambdaSecondPrice,
  logsMonthPrice,
  logsPrice,
  mibOfVcpu,
  readUnitPrice,
  s3PutPrice,
  timestreamAtOnce,
  timestreamMagneticPrice,
  timestreamMemoryPrice,
  timestreamWaitMs,
  writeUnitPrice,
} from "./prices.ts";
import type { Run, ScaleFigures } from "./scale-bench.ts";

const gigabyte = 1024 ** 3;
const monthSeconds = 30 * 86_400;
/** Months that the ledger and the bucket keep, and the log groups. */
const [ledgerMonths, logMonths] = [3, 1];
/** Hours of the memory store by default, and months of the magnetic one: ten years. */
const [memoryHours, magneticMonths] = [49, 120];
/** What the function and Lambda itself write to the log for one invocation: an EMF line, START, END and REPORT. */
const logBytesPerBatch = 900;
/** Runs a month. */
const runs = { sweep: 12 * 24 * 30, redrive: 4 * 24 * 30, hourly: 24 * 30 } as const;
/** Parts that the audits read, in those that the hourly one reads of one hour: two hours every hour, and a day and an hour once a day. */
const hourlyOverlap = 2;
const dailyHours = 25;
/** Shards that the audit reads at one time; batches of heads that are. */
const [auditAtOnce, headsAtOnce] = [10, 4];

/** What one shard reads, writes and keeps in a month of 30 days, and dollars. */
export interface ShardMonth {
  readonly events: number;
  readonly parts: number;
  readonly units: Readonly<Record<string, number>>;
  readonly keptGb: Readonly<Record<string, number>>;
  readonly dollars: Readonly<Record<string, number>>;
  /** Dollars a million events, of all. */
  readonly perMillion: number;
}

const seconds = ({ use, ms }: Run, atOnce: number): number =>
  (ms * (mibOfVcpu / lambdaMib) + (use.requests * dynamodbWaitMs) / atOnce) / 1_000;

const price = (run: Run, atOnce: number): number =>
  run.use.readUnits * readUnitPrice +
  run.use.writeUnits * writeUnitPrice +
  seconds(run, atOnce) * (lambdaMib / 1_024) * lambdaSecondPrice +
  lambdaRequestPrice;

export function shardMonthOf(figures: ScaleFigures): ShardMonth {
  const { rollUp, shards, sweep, audit } = figures;
  const { traffic, use } = rollUp;
  const events = traffic.eventsPerSecond * monthSeconds;
  const factor = events / rollUp.events;
  const million = events / 1e6;
  const costs = costsOf(rollUp);
  const parts = rollUp.parts * factor;
  const batches = rollUp.batches * factor;
  // The audit of so many shards takes so many parts; each part is read this often.
  const auditsPerPart = hourlyOverlap + dailyHours / 24;
  const auditOfShard = (price(audit, auditAtOnce) / audit.parts) * parts * auditsPerPart;
  const timestreamGb = (rollUp.timestreamKib * factor) / 1024 ** 2;
  const logsGb = (batches * logBytesPerBatch) / gigabyte;
  const ledgerGb = ((use.writeBytes - use.headWriteBytes) * factor) / gigabyte;
  const dollars = {
    "Kinesis, the shard": million * costs.kinesisShards,
    "Kinesis, put": million * costs.kinesisPuts,
    "Lambda, roll-up": million * costs.lambda,
    "DynamoDB, message ids": million * costs.ids,
    "DynamoDB, ledger": million * (costs.ledgerWrites + costs.ledgerReads + costs.coldReads),
    "DynamoDB, kept": ledgerGb * ledgerMonths * dynamodbMonthPrice,
    "Timestream, written": million * costs.timestream,
    "Timestream, memory store": timestreamGb * memoryHours * timestreamMemoryPrice,
    "Timestream, magnetic store": timestreamGb * magneticMonths * timestreamMagneticPrice,
    "CloudWatch, logs": logsGb * (logsPrice + logMonths * logsMonthPrice),
    "Sweep and redrive":
      (runs.sweep * price(sweep, headsAtOnce) + runs.redrive * (lambdaRequestPrice + s3PutPrice)) / shards,
    Audits: auditOfShard,
  };
  const total = Object.values(dollars).reduce((sum, one) => sum + one, 0);
  return {
    events,
    parts,
    units: {
      "Kinesis put units of 25 KB": (events / traffic.eventsPerRecord) * Math.ceil(rollUp.recordBytes / 25_000),
      "Lambda invocations": batches,
      "Lambda GB-seconds": factor * (rollUpSeconds(figures) * (lambdaMib / 1_024)),
      "DynamoDB write units": use.writeUnits * factor,
      "DynamoDB read units": use.readUnits * factor + (audit.use.readUnits / audit.parts) * parts * auditsPerPart,
      "Timestream KiB written": rollUp.timestreamKib * factor,
      "S3 objects, were every part to reject an event": parts,
    },
    keptGb: {
      "ledger, 90 days": ledgerGb * ledgerMonths,
      "Timestream, memory store": (timestreamGb * memoryHours) / 720,
      "Timestream, after ten years": timestreamGb * magneticMonths,
      "logs, one month": logsGb,
      "stream, 24 hours": ((events / traffic.eventsPerRecord) * rollUp.recordBytes) / 30 / gigabyte,
    },
    dollars,
    perMillion: total / million,
  };
}

/** Of the measured batches: time of this machine as of one vCPU, and waiting. */
const rollUpSeconds = ({ rollUp: { ms, use, timestreamRequests } }: ScaleFigures): number =>
  (ms.whole * (mibOfVcpu / lambdaMib) +
    use.requests * dynamodbWaitMs +
    Math.ceil(timestreamRequests / timestreamAtOnce) * timestreamWaitMs) /
  1_000;

/** What sets the limit: shares of a bound at this number of shards. */
export interface Bounds {
  readonly invocationsAtOnce: number;
  readonly writeUnitsPerSecond: number;
  readonly partsPerMinute: number;
  readonly sweepSeconds: number;
  readonly hourlyAuditSeconds: number;
  readonly dailyAuditInvocations: number;
  readonly headsOfQuestionSeconds: number;
  readonly headReadUnits: number;
}

const auditInvocationSeconds = 900 - 60 - 270;

export function boundsOf(figures: ScaleFigures): Bounds {
  const { rollUp, shards, sweep, audit, question } = figures;
  const { eventsPerSecond } = rollUp.traffic;
  const perSecond = (shards * eventsPerSecond) / rollUp.events;
  const partsPerMinute = perSecond * rollUp.parts * 60;
  const auditSeconds = seconds(audit, auditAtOnce) / audit.parts;
  return {
    invocationsAtOnce: perSecond * rollUpSeconds(figures),
    writeUnitsPerSecond: perSecond * rollUp.use.writeUnits,
    partsPerMinute,
    sweepSeconds: seconds(sweep, headsAtOnce),
    hourlyAuditSeconds: auditSeconds * partsPerMinute * 60 * hourlyOverlap,
    dailyAuditInvocations: Math.ceil((auditSeconds * partsPerMinute * 60 * dailyHours) / auditInvocationSeconds),
    headsOfQuestionSeconds: seconds(question, headsAtOnce),
    headReadUnits: question.use.readUnits,
  };
}

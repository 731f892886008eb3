import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { audit } from "../../lib/audit/audit.ts";
import type { AuditPorts } from "../../lib/audit/audit-run.ts";
import { type Settings, settingsOf } from "../../lib/config/settings.ts";
import { count as counted, defineConfig, page } from "../../lib/config.ts";
import { OpenParts } from "../../lib/query/open-parts.ts";
import { type SweepPorts, sweep } from "../../lib/recovery/sweep.ts";
import { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import { type CommittedPart, newHead } from "../../lib/store/ledger/ledger.ts";
import { shardKey } from "../../lib/stream/sequence.ts";
import { cpuMs } from "./cpu-ms.ts";
import { type LedgerFigures, ledgerFigures } from "./ledger-bench.ts";
import { LiveBatches } from "./live-batches.ts";
import { type QuarantineLists, quarantineLists } from "./quarantine-lists.ts";
import { TableAtOnce, type TableUse } from "./table-at-once.ts";

const streamName = "events";
const minuteMs = 60_000;
/** Shards whose parts are there to be audited: each costs the same, and a day of a thousand is more than memory holds. */
const auditedShards = 10;
/** Of the hourly audit: an hour, and an hour that overlaps. */
const auditedMinutes = 120;

/** A load that is the same for each shard: a million events a second where there are a thousand. */
const load = { eventsPerSecond: 1_000, eventsPerRecord: 100 };

/** What a scheduled function or a question cost: requests to DynamoDB, their units, and time of this machine. */
export interface Run {
  readonly use: TableUse;
  readonly ms: number;
}

export interface ScaleFigures {
  readonly shards: number;
  readonly settings: Settings;
  /** One shard's roll-up. */
  readonly rollUp: LedgerFigures;
  /** Of all shards. */
  readonly sweep: Run;
  readonly question: Run;
  /** The hourly audit of some shards, and how many parts it read. */
  readonly audit: Run & { readonly shards: number; readonly parts: number };
  /** Of all shards, were every part to reject an event. */
  readonly quarantine: QuarantineLists;
}

/** Runs the code that is deployed for a stream of so many shards, in virtual time. */
export async function scaleFigures(shards: number): Promise<ScaleFigures> {
  const config = defineConfig({ metrics: { views: { on: page(), measure: counted() } }, stream: { shards } });
  const settings = settingsOf(config);
  const batch = Math.min(
    settings.batchingWindowSeconds * load.eventsPerSecond,
    settings.batchSize * load.eventsPerRecord,
  );
  const rollUp = await ledgerFigures({ ...load, eventsPerBatch: batch }, { warmUp: 3, measured: 12 });
  const nowMs = Math.floor(Date.now() / minuteMs) * minuteMs;
  const table = new TableAtOnce();
  const client = { region: "us-east-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } };
  const endpoint = "http://127.0.0.1:1";
  const ledger = new DynamoLedger(new DynamoDBClient({ ...client, endpoint, requestHandler: table.handler }), "ledger");
  const shardIds = Array.from({ length: shards }, (_, index) => `shardId-${String(index).padStart(12, "0")}`);
  for (const shardId of shardIds) {
    await ledger.moveHead(shardKey(streamName, shardId), newHead, { ...newHead, bornMs: 1 });
  }
  const clock = { now: () => nowMs, sleep: async () => {} };
  const shardLists = [{ shardIds: async () => shardIds }, { shardIds: () => ledger.shardIds(streamName) }];
  const swept = await runOf(table, () =>
    sweep({ streamName, shardLists, ledger, clock } as unknown as SweepPorts, { dryRun: false, deadlineMs: nowMs + 1 }),
  );
  const openParts = new OpenParts(ledger, streamName, () => ledger.shardIds(streamName), clock);
  const question = await runOf(table, () => openParts.during(async () => {}));
  const someIds = shardIds.slice(0, auditedShards);
  const windowMs = settings.batchingWindowSeconds * 1_000;
  for (const shardId of someIds) await fill(ledger, shardKey(streamName, shardId), { nowMs, windowMs, batch });
  const ports = {
    streamName,
    shardLists: [{ shardIds: async () => someIds }],
    ledger,
    incoming: { records: async () => undefined },
    failures: { list: async function* () {} },
    retentionMs: 86_400_000,
    dedupeWindowMs: settings.dedupeWindowMs,
    clock,
  } as unknown as AuditPorts;
  const [toMs, fromMs] = [nowMs - 15 * minuteMs, nowMs - (15 + auditedMinutes) * minuteMs];
  let parts = 0;
  const audited = await runOf(table, async () => {
    parts = (await audit(ports, { fromMs, toMs, rows: "none", deadlineMs: Number.POSITIVE_INFINITY })).parts;
  });
  return {
    shards,
    settings,
    rollUp,
    sweep: swept,
    question,
    audit: { ...audited, shards: someIds.length, parts },
    quarantine: await quarantineLists((shards * rollUp.parts * load.eventsPerSecond * 60) / rollUp.events),
  };
}

async function runOf(table: TableAtOnce, run: () => Promise<unknown>): Promise<Run> {
  await run();
  table.taken();
  const start = cpuMs();
  await run();
  const ms = cpuMs() - start;
  const use = table.taken();
  return { use, ms: ms - use.ms };
}

/** Parts of a shard for as long as the audit looks back, and a little longer. */
async function fill(
  ledger: DynamoLedger,
  shard: string,
  { nowMs, windowMs, batch }: { nowMs: number; windowMs: number; batch: number },
): Promise<void> {
  for (let startMs = nowMs - (auditedMinutes + 45) * minuteMs; startMs < nowMs; startMs += windowMs) {
    const minute = Math.floor(startMs / minuteMs) * minuteMs;
    const part: CommittedPart = {
      id: startMs.toString(16).padStart(16, "0"),
      idsName: `${startMs.toString(16).padStart(16, "0")}-000000000000`,
      number: startMs,
      firstSequence: LiveBatches.sequenceAt(startMs),
      lastSequence: LiveBatches.sequenceAt(startMs + windowMs - 1),
      firstArrivalMs: startMs,
      lastArrivalMs: startMs + windowMs - 1,
      ids: batch,
      definitions: ["0123456789ab"],
      views: {},
      records: batch / load.eventsPerRecord,
      events: batch,
      counted: batch,
      duplicate: 0,
      quarantined: 0,
      late: 0,
      rows: 50,
      rowsCount: batch,
      doubled: 0,
      firstBucketMs: minute,
      lastBucketMs: minute,
      committedMs: startMs + windowMs,
      windowMs: 3_600_000,
    };
    await ledger.commit(shard, part);
  }
}

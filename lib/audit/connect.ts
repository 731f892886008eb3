import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { S3Client } from "@aws-sdk/client-s3";
import { clientSettings, readEnvironment } from "../aws.ts";
import { systemClock } from "../clock.ts";
import type { Settings } from "../config/settings.ts";
import { names } from "../names.ts";
import { S3FailureFiles } from "../store/dead-letters/s3.ts";
import { DynamoLedger } from "../store/ledger/dynamodb.ts";
import { TimestreamStore } from "../store/rows/timestream.ts";
import { KinesisStream } from "../stream/kinesis.ts";
import type { AuditPorts } from "./audit-run.ts";
import { CloudWatchIncoming } from "./cloudwatch.ts";
import { DynamoAuditLog } from "./dynamodb-log.ts";
import type { AuditLog } from "./scheduled-audit.ts";

/** The AWS services that the environment names, as the audit's ports. */
export function connectAuditPorts(
  variables: Readonly<Record<string, string | undefined>>,
  { streamRetentionHours, dedupeWindowMs }: Settings,
): AuditPorts & { readonly log: AuditLog } {
  const place = readEnvironment(variables, ["stream", "database", "ledger", "bucket"]);
  const client = clientSettings();
  const dynamodb = new DynamoDBClient(client);
  const ledger = new DynamoLedger(dynamodb, place.ledger);
  const stream = new KinesisStream(new KinesisClient(client), place.stream);
  return {
    streamName: place.stream,
    shardLists: [stream, { shardIds: () => ledger.shardIds(place.stream) }],
    ledger,
    store: TimestreamStore.connect({ database: place.database, table: names.minuteTable }),
    incoming: CloudWatchIncoming.connect(place.stream),
    failures: new S3FailureFiles(new S3Client(client), place.bucket),
    log: new DynamoAuditLog(dynamodb, place.ledger, place.stream),
    retentionMs: streamRetentionHours * 3_600_000,
    dedupeWindowMs,
    clock: systemClock,
  };
}

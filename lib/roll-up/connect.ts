import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { S3Client } from "@aws-sdk/client-s3";
import { clientSettings, readEnvironment } from "../aws.ts";
import { systemClock } from "../clock.ts";
import { recordAgeSeconds, type Settings } from "../config/settings.ts";
import { names } from "../names.ts";
import { DynamoLedger } from "../store/ledger/dynamodb.ts";
import { S3Quarantine } from "../store/quarantine/s3.ts";
import { TimestreamStore } from "../store/rows/timestream.ts";
import { KinesisStream } from "../stream/kinesis.ts";
import { DuplicateMemory } from "./dedupe/duplicate-memory.ts";
import { disorderMs } from "./dedupe/recall.ts";
import type { Ports } from "./ports.ts";

/** The AWS services that the environment names, as the roll-up's ports. */
export function connectPorts(variables: Readonly<Record<string, string | undefined>>, settings: Settings): Ports {
  const place = readEnvironment(variables, ["stream", "database", "ledger", "bucket"]);
  const client = clientSettings();
  const ledger = new DynamoLedger(new DynamoDBClient(client), place.ledger);
  return {
    ledger,
    memory: new DuplicateMemory(ledger),
    store: TimestreamStore.connect({ database: place.database, table: names.minuteTable }),
    quarantine: new S3Quarantine(new S3Client(client), place.bucket),
    stream: new KinesisStream(new KinesisClient(client), place.stream),
    clock: systemClock,
    agedAfterMs: recordAgeSeconds(settings) * 1_000 - disorderMs,
  };
}

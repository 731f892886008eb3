import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { S3Client } from "@aws-sdk/client-s3";
import { clientSettings, readEnvironment } from "../aws.ts";
import { systemClock } from "../clock.ts";
import type { Settings } from "../config/settings.ts";
import { LambdaFunctions } from "../invoke.ts";
import { names } from "../names.ts";
import { S3FailureFiles } from "../store/dead-letters/s3.ts";
import { DynamoLedger } from "../store/ledger/dynamodb.ts";
import { KinesisStream } from "../stream/kinesis.ts";
import { LambdaRollUp } from "./isolate/lambda.ts";
import { storeReachOf } from "./isolate/store-reach.ts";
import type { RedrivePorts } from "./redrive/redrive.ts";
import type { SweepPorts } from "./sweep.ts";

/** One shard that is throttled must not end the whole run. */
const throttledMsMax = 60_000;

/** The AWS services that the environment names, as the ports of sweep and redrive. */
export function connectSweepPorts(
  variables: Readonly<Record<string, string | undefined>>,
  settings: Settings,
): SweepPorts & RedrivePorts {
  const place = readEnvironment(variables, ["stream", "ledger", "bucket"]);
  const client = clientSettings();
  const patience = { waitMsMax: throttledMsMax, clock: systemClock };
  const stream = new KinesisStream(new KinesisClient(client), place.stream, patience);
  const ledger = new DynamoLedger(new DynamoDBClient(client), place.ledger);
  return {
    streamName: place.stream,
    shardLists: [stream, { shardIds: () => ledger.shardIds(place.stream) }],
    ledger,
    stream,
    failures: new S3FailureFiles(new S3Client(client), place.bucket),
    rollUp: new LambdaRollUp(LambdaFunctions.connect(), names.rollUp),
    reach: storeReachOf(settings),
    clock: systemClock,
  };
}

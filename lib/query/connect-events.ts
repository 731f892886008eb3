import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { S3Client } from "@aws-sdk/client-s3";
import { clientSettings, readEnvironment } from "../aws.ts";
import { systemClock } from "../clock.ts";
import type { Definitions } from "../config/definitions.ts";
import { S3FailureFiles } from "../store/dead-letters/s3.ts";
import { DynamoLedger } from "../store/ledger/dynamodb.ts";
import { S3QuarantineFiles } from "../store/quarantine/s3-files.ts";
import { KinesisStream } from "../stream/kinesis.ts";
import { impatient } from "../stream/shard-reader.ts";
import type { WhyPorts } from "./why/search.ts";

/** Of five reads a second that a shard gives to all its readers, one search takes two (Kinesis API, GetRecords). */
const readEveryMs = 500;

/** What questions about single events are answered from. */
export interface EventPorts {
  readonly why: WhyPorts;
}

/** The AWS services that the environment names, as these ports. */
export function connectEventPorts(
  variables: Readonly<Record<string, string | undefined>>,
  definitions: Definitions,
  sources: readonly string[],
): EventPorts {
  const place = readEnvironment(variables, ["stream", "ledger", "bucket"]);
  const settings = clientSettings();
  // A throttled read is not repeated, and a long search makes room between its reads: the roll-up shares them.
  const kinesis = new KinesisClient({ ...settings, maxAttempts: 1 });
  const stream = new KinesisStream(kinesis, place.stream, { ...impatient, everyMs: readEveryMs });
  const ledger = new DynamoLedger(new DynamoDBClient(settings), place.ledger);
  const s3 = new S3Client(settings);
  return {
    why: {
      streamName: place.stream,
      shardLists: [stream, { shardIds: () => ledger.shardIds(place.stream) }],
      ledger,
      stream,
      quarantine: new S3QuarantineFiles(s3, place.bucket),
      failures: new S3FailureFiles(s3, place.bucket),
      clock: systemClock,
      definitions,
      sources,
    },
  };
}

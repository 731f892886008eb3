import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { S3Client } from "@aws-sdk/client-s3";
import { clientSettings } from "../../aws.ts";
import { systemClock } from "../../clock.ts";
import { Producer } from "../../producer/producer.ts";
import { S3FailureFiles } from "../../store/dead-letters/s3.ts";
import { DynamoLedger } from "../../store/ledger/dynamodb.ts";
import { S3QuarantineFiles } from "../../store/quarantine/s3-files.ts";
import type { Fields } from "../../stream/event/fields.ts";
import { KinesisStream } from "../../stream/kinesis.ts";
import { DynamoReplayMarks } from "./dynamodb-marks.ts";
import type { ReplayPorts } from "./replay.ts";

/** Where a replay reads and writes. */
export interface ReplayPlace {
  readonly stream: string;
  readonly ledger: string;
  readonly bucket: string;
}

/** The AWS services of the place, as a replay's ports. Needs what the query function may, and to write the stream and the ledger. */
export function connectReplayPorts({ stream, ledger, bucket }: ReplayPlace): ReplayPorts {
  const client = clientSettings();
  const s3 = new S3Client(client);
  const dynamodb = new DynamoDBClient(client);
  return {
    streamName: stream,
    files: new S3QuarantineFiles(s3, bucket),
    failures: new S3FailureFiles(s3, bucket),
    ledger: new DynamoLedger(dynamodb, ledger),
    marks: new DynamoReplayMarks(dynamodb, ledger),
    stream: new KinesisStream(new KinesisClient(client), stream),
    send: sender(new KinesisClient({ ...client, maxAttempts: 1 }), stream),
    clock: systemClock,
  };
}

/** Sends all, and gives up what is not taken by the deadline: it must not come later. */
const sender =
  (client: KinesisClient, streamName: string) =>
  async (events: readonly Fields[], deadlineMs: number): Promise<void> => {
    const producer = new Producer({ client, streamName, lingerMs: 0, bufferedBytesMax: 32 * 1024 * 1024 });
    try {
      for (const event of events) await producer.send(event);
    } finally {
      await producer.close({ timeoutMs: deadlineMs });
    }
  };

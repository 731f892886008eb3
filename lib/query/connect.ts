import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings } from "../aws/client-settings.ts";
import { readEnvironment } from "../environment.ts";
import { DynamoLedger } from "../ledger/dynamodb.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { names } from "../names.ts";
import type { MetricStore } from "../store/store.ts";
import { TimestreamStore } from "../store/timestream.ts";
import { KinesisStream } from "../stream/kinesis.ts";

/** What questions are answered from. */
export interface QueryPorts {
  readonly store: MetricStore;
  readonly ledger: Ledger;
  readonly stream: KinesisStream;
  readonly streamName: string;
}

/** The AWS services that the environment names, as the query API's ports. */
export function connectQueryPorts(variables: Readonly<Record<string, string | undefined>>): QueryPorts {
  const place = readEnvironment(variables, ["stream", "database", "ledger"]);
  const settings = clientSettings();
  return {
    store: TimestreamStore.connect({ database: place.database, table: names.minuteTable }),
    ledger: new DynamoLedger(new DynamoDBClient(settings), place.ledger),
    stream: new KinesisStream(new KinesisClient(settings), place.stream),
    streamName: place.stream,
  };
}

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings } from "../aws/client-settings.ts";
import { readEnvironment } from "../environment.ts";
import { DynamoLedger } from "../ledger/dynamodb.ts";
import { names } from "../names.ts";
import type { MetricStore } from "../store/store.ts";
import { TimestreamStore } from "../store/timestream.ts";
import { KinesisStream } from "../stream/kinesis.ts";
import { ShardStates } from "./shards.ts";

/** What questions are answered from. */
export interface QueryPorts {
  readonly store: MetricStore;
  readonly shards: ShardStates;
}

/** The AWS services that the environment names, as the query API's ports. */
export function connectQueryPorts(variables: Readonly<Record<string, string | undefined>>): QueryPorts {
  const place = readEnvironment(variables, ["stream", "database", "ledger"]);
  const settings = clientSettings();
  const stream = new KinesisStream(new KinesisClient(settings), place.stream);
  const ledger = new DynamoLedger(new DynamoDBClient(settings), place.ledger);
  return {
    store: TimestreamStore.connect({ database: place.database, table: names.minuteTable }),
    shards: new ShardStates(stream, place.stream, ledger),
  };
}

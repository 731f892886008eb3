import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings } from "../aws/client-settings.ts";
import { systemClock } from "../clock.ts";
import { readEnvironment } from "../environment.ts";
import { DynamoLedger } from "../ledger/dynamodb.ts";
import { names } from "../names.ts";
import type { ReadableQuarantine } from "../quarantine/connect.ts";
import { TimestreamStore } from "../store/timestream.ts";
import { KinesisStream } from "../stream/kinesis.ts";
import type { AnswerPorts } from "./answer.ts";
import { KnownNewest } from "./known-newest.ts";
import { OpenParts } from "./open-parts.ts";
import { ShardStates } from "./shards.ts";

/** What questions are answered from. */
export interface QueryPorts extends AnswerPorts {
  readonly shards: ShardStates;
  /** Loaded when asked for: it brings an SDK of its own, and most questions are about metrics. */
  readonly quarantine: () => Promise<ReadableQuarantine>;
}

/** The AWS services that the environment names, as the query API's ports. */
export function connectQueryPorts(variables: Readonly<Record<string, string | undefined>>): QueryPorts {
  const place = readEnvironment(variables, ["stream", "database", "ledger"]);
  const settings = clientSettings();
  const stream = new KinesisStream(new KinesisClient(settings), place.stream);
  const ledger = new DynamoLedger(new DynamoDBClient(settings), place.ledger);
  let quarantine: Promise<ReadableQuarantine> | undefined;
  return {
    store: TimestreamStore.connect({ database: place.database, table: names.minuteTable }),
    // The ledger names a shard before it has a head of it, and goes on to when the stream has forgotten the shard.
    openness: new OpenParts(ledger, place.stream, () => ledger.shardIds(place.stream), systemClock),
    shards: new ShardStates(stream, place.stream, new KnownNewest(ledger)),
    quarantine: async () => {
      quarantine ??= import("../quarantine/connect.ts").then(({ connectQuarantine }) =>
        connectQuarantine(variables, ledger),
      );
      return quarantine;
    },
  };
}

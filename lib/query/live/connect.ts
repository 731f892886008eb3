import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings, readEnvironment } from "../../aws.ts";
import { systemClock } from "../../clock.ts";
import type { Definitions } from "../../config/definitions.ts";
import { DynamoLedger } from "../../store/ledger/dynamodb.ts";
import { GivingWay } from "../../stream/giving-way.ts";
import { KinesisStream } from "../../stream/kinesis.ts";
import { KnownNewest } from "../known-newest.ts";
import { ShardGauge } from "../shard-gauge.ts";
import { ShardStates } from "../shards.ts";
import { LiveEvents } from "./live-events.ts";

/** What those who look are answered from. */
export interface LookPorts {
  readonly live: Pick<LiveEvents, "newest">;
  readonly shards: Pick<ShardStates, "now">;
}

/** The AWS services that the environment names, as these ports. */
export function connectLookPorts(
  variables: Readonly<Record<string, string | undefined>>,
  definitions: Definitions,
): LookPorts {
  const place = readEnvironment(variables, ["stream", "ledger"]);
  const settings = clientSettings();
  // A throttled read is not repeated: whoever only looks makes room.
  const stream = new KinesisStream(new KinesisClient({ ...settings, maxAttempts: 1 }), place.stream);
  const ledger = new DynamoLedger(new DynamoDBClient(settings), place.ledger);
  const givingWay = new GivingWay(systemClock);
  return {
    live: new LiveEvents(stream, definitions, givingWay, systemClock),
    shards: new ShardStates(new ShardGauge(stream, givingWay, systemClock), place.stream, new KnownNewest(ledger)),
  };
}

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { clientSettings, readEnvironment } from "../aws.ts";
import { systemClock } from "../clock.ts";
import { LambdaFunctions } from "../invoke.ts";
import { names } from "../names.ts";
import { DynamoLedger } from "../store/ledger/dynamodb.ts";
import { TimestreamStore } from "../store/rows/timestream.ts";
import type { AnswerPorts } from "./answer.ts";
import { LookFunction } from "./live/look-function.ts";
import { OpenParts } from "./open-parts.ts";
import type { ReadableQuarantine } from "./quarantine/connect.ts";

/** A look takes less than a second; API Gateway waits for 30. */
const lookMsMax = 15_000;

/** What questions are answered from. */
export interface QueryPorts extends AnswerPorts {
  readonly look: LookFunction;
  /** Loaded when asked for: it brings an SDK of its own, and most questions are about metrics. */
  readonly quarantine: () => Promise<ReadableQuarantine>;
}

/** The AWS services that the environment names, as the query API's ports. */
export function connectQueryPorts(variables: Readonly<Record<string, string | undefined>>): QueryPorts {
  const place = readEnvironment(variables, ["stream", "database", "ledger"]);
  const settings = clientSettings();
  const functions = LambdaFunctions.connect();
  const ledger = new DynamoLedger(new DynamoDBClient(settings), place.ledger);
  let quarantine: Promise<ReadableQuarantine> | undefined;
  return {
    store: TimestreamStore.connect({ database: place.database, table: names.minuteTable }),
    // The ledger names a shard before it has a head of it, and goes on to when the stream has forgotten the shard.
    openness: new OpenParts(ledger, place.stream, () => ledger.shardIds(place.stream), systemClock),
    look: new LookFunction((look) => functions.invoke(names.live, look, lookMsMax), systemClock),
    quarantine: async () => {
      quarantine ??= import("./quarantine/connect.ts").then(({ connectQuarantine }) =>
        connectQuarantine(variables, ledger),
      );
      return quarantine;
    },
  };
}

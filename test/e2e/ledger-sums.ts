import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { names } from "../../lib/names.ts";
import { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import { shardKey } from "../../lib/stream/sequence.ts";
import type { Laptop } from "./laptop.ts";

/** What the ledger says of all shards together. */
export interface LedgerSums {
  readonly shards: number;
  readonly parts: number;
  readonly open: number;
  readonly events: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly late: number;
}

export async function ledgerSums(laptop: Laptop): Promise<LedgerSums> {
  const client = new DynamoDBClient(laptop.aws);
  const ledger = new DynamoLedger(client, names.ledger);
  const sums = { shards: 0, parts: 0, open: 0, events: 0, counted: 0, duplicate: 0, quarantined: 0, late: 0 };
  for (const shardId of await ledger.shardIds(names.stream)) {
    const shard = shardKey(names.stream, shardId);
    sums.shards++;
    sums.open += (await ledger.head(shard)).open.length;
    for await (const part of ledger.neighbours(shard, "0", "after")) {
      sums.parts++;
      for (const name of ["events", "counted", "duplicate", "quarantined", "late"] as const) sums[name] += part[name];
    }
  }
  client.destroy();
  return sums;
}

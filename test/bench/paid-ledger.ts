import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import { LedgerTable } from "../fakes/ledger-table.ts";

/** A ledger in memory that also asks a client of the SDK for all it does, to know what the client costs. */
export function paidLedger(paid: DynamoDBClient): DynamoLedger {
  const table = new LedgerTable();
  const client = table.client(async (command, run) => {
    await paid.send(command as Parameters<typeof paid.send>[0]);
    return run();
  });
  return new DynamoLedger(client, table.settings.name);
}

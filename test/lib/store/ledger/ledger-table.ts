import { ledgerKeys } from "../../../../lib/store/ledger/item-table.ts";
import type { TestAws } from "../../../aws.ts";

/** Makes a table as the stack does, with the keys of the ledger. */
export async function createLedgerTable({ dynamodb }: Pick<TestAws, "dynamodb">, TableName: string): Promise<void> {
  const table = {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: ledgerKeys.partition, AttributeType: "S" },
      { AttributeName: ledgerKeys.sort, AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: ledgerKeys.partition, KeyType: "HASH" },
      { AttributeName: ledgerKeys.sort, KeyType: "RANGE" },
    ],
  };
  await dynamodb.createTable(table);
}

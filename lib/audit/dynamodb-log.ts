import { type DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { ledgerDays } from "../limits.ts";
import { ledgerKeys } from "../store/ledger/item-table.ts";
import type { AuditLog, AuditPlace, ScheduleName } from "./scheduled-audit.ts";

/** Partition of the ledger's table that the audit may write. */
export const auditPartition = (streamName: string): string => `audits/${streamName}`;

/** How far the audits are, in the ledger's table: one item a schedule. Who writes last is right: one runs at a time. */
export class DynamoAuditLog implements AuditLog {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #partition: string;

  constructor(client: DynamoDBClient, table: string, streamName: string) {
    this.#client = client;
    this.#table = table;
    this.#partition = auditPartition(streamName);
  }

  async read(schedule: ScheduleName): Promise<AuditPlace | undefined> {
    const Key = marshall(this.#keyOf(schedule));
    const { Item } = await this.#client.send(new GetItemCommand({ TableName: this.#table, Key, ConsistentRead: true }));
    return Item === undefined ? undefined : (unmarshall(Item).place as AuditPlace);
  }

  async write(schedule: ScheduleName, place: AuditPlace): Promise<void> {
    const expires = Math.floor(Date.now() / 1_000) + ledgerDays * 86_400;
    const item = { ...this.#keyOf(schedule), place, [ledgerKeys.timeToLive]: expires };
    const Item = marshall(item, { removeUndefinedValues: true });
    await this.#client.send(new PutItemCommand({ TableName: this.#table, Item }));
  }

  #keyOf(schedule: ScheduleName) {
    return { [ledgerKeys.partition]: this.#partition, [ledgerKeys.sort]: schedule };
  }
}

import type { DynamoLedger } from "../../lib/ledger/dynamodb.ts";
import type { CommittedPart, Head, HeadState, PartRange } from "../../lib/ledger/ledger.ts";
import { MemoryLedger } from "../memory/memory-ledger.ts";

/** A ledger in memory that also asks DynamoDB's client for all it does, to know what the client costs. */
export class PaidLedger extends MemoryLedger {
  readonly #paid: DynamoLedger;

  constructor(paid: DynamoLedger) {
    super();
    this.#paid = paid;
  }

  override async head(shard: string): Promise<Head> {
    await this.#paid.head(shard);
    return super.head(shard);
  }

  override async moveHead(shard: string, from: Head, next: HeadState): Promise<boolean> {
    await this.#paid.moveHead(shard, from, next);
    return super.moveHead(shard, from, next);
  }

  override async committed(shard: string, first: string, last: string): Promise<CommittedPart[]> {
    await this.#paid.committed(shard, first, last);
    return super.committed(shard, first, last);
  }

  override async commit(shard: string, part: CommittedPart): Promise<void> {
    await this.#paid.commit(shard, part);
    return super.commit(shard, part);
  }

  override async keepIds(shard: string, part: Pick<PartRange, "idsName" | "lastSequence">, ids: Buffer): Promise<void> {
    await this.#paid.keepIds(shard, part, ids);
    return super.keepIds(shard, part, ids);
  }
}

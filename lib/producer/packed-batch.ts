import type { Batch } from "./batch.ts";
import { type Compression, compress } from "./compression.ts";
import type { WireRecord } from "./put-records.ts";
import type { Shard } from "./shard-map.ts";

/** A batch as a record. */
export interface PackedBatch {
  readonly record: WireRecord;
  /** Of the batch as it was packed. */
  readonly revision: number;
  /** As NDJSON. */
  readonly bytes: number;
}

/** Packs a batch as it is now for a shard. */
export async function pack(batch: Batch, shard: Shard, compression: Compression): Promise<PackedBatch> {
  const { revision, bytes } = batch;
  const partitionKey = batch.queue[0]?.key ?? "";
  const data = await compress[compression](batch.toBuffer());
  return { record: { data, partitionKey, explicitHashKey: shard.firstHash.toString() }, revision, bytes };
}

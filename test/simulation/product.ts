import type { audit } from "../../lib/audit/audit.ts";
import type { fillGaps } from "../../lib/recovery/gaps/fill-gaps.ts";
import type { emptyPreview, previewOf } from "../../lib/recovery/isolate/preview.ts";
import type { redrive } from "../../lib/recovery/redrive/redrive.ts";
import type { skipByHand } from "../../lib/recovery/skip/skip.ts";
import type { sweep } from "../../lib/recovery/sweep.ts";
import type { DuplicateMemory } from "../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { rollUp } from "../../lib/roll-up/roll-up.ts";
import type { S3FailureFiles } from "../../lib/store/dead-letters/s3.ts";
import type { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import type { S3Quarantine } from "../../lib/store/quarantine/s3.ts";
import type { TimestreamStore } from "../../lib/store/rows/timestream.ts";
import type { batchOf } from "../../lib/stream/batch.ts";
import type { KinesisStream } from "../../lib/stream/kinesis.ts";

/** The code that is simulated: the real one, or a copy with a bug planted. */
export interface Product {
  readonly rollUp: typeof rollUp;
  readonly batchOf: typeof batchOf;
  readonly DuplicateMemory: typeof DuplicateMemory;
  readonly TimestreamStore: typeof TimestreamStore;
  readonly previewOf: typeof previewOf;
  readonly emptyPreview: typeof emptyPreview;
  readonly sweep: typeof sweep;
  readonly redrive: typeof redrive;
  readonly skipByHand: typeof skipByHand;
  readonly audit: typeof audit;
  readonly fillGaps: typeof fillGaps;
  readonly DynamoLedger: typeof DynamoLedger;
  readonly KinesisStream: typeof KinesisStream;
  readonly S3FailureFiles: typeof S3FailureFiles;
  readonly S3Quarantine: typeof S3Quarantine;
}

/** Loads the product; `query` tells copies apart. */
export async function loadProduct(query = ""): Promise<Product> {
  const load = <Module>(file: string): Promise<Module> => import(`../../lib/${file}${query}`) as Promise<Module>;
  return {
    ...(await load<Pick<Product, "rollUp">>("roll-up/roll-up.ts")),
    ...(await load<Pick<Product, "batchOf">>("stream/batch.ts")),
    ...(await load<Pick<Product, "DuplicateMemory">>("roll-up/dedupe/duplicate-memory.ts")),
    ...(await load<Pick<Product, "TimestreamStore">>("store/rows/timestream.ts")),
    ...(await load<Pick<Product, "previewOf" | "emptyPreview">>("recovery/isolate/preview.ts")),
    ...(await load<Pick<Product, "sweep">>("recovery/sweep.ts")),
    ...(await load<Pick<Product, "redrive">>("recovery/redrive/redrive.ts")),
    ...(await load<Pick<Product, "skipByHand">>("recovery/skip/skip.ts")),
    ...(await load<Pick<Product, "audit">>("audit/audit.ts")),
    ...(await load<Pick<Product, "fillGaps">>("recovery/gaps/fill-gaps.ts")),
    ...(await load<Pick<Product, "DynamoLedger">>("store/ledger/dynamodb.ts")),
    ...(await load<Pick<Product, "KinesisStream">>("stream/kinesis.ts")),
    ...(await load<Pick<Product, "S3FailureFiles">>("store/dead-letters/s3.ts")),
    ...(await load<Pick<Product, "S3Quarantine">>("store/quarantine/s3.ts")),
  };
}

import type { audit } from "../../lib/audit/audit.ts";
import type { DuplicateMemory } from "../../lib/dedupe/duplicate-memory.ts";
import type { S3FailureFiles } from "../../lib/failures/s3.ts";
import type { fillGaps } from "../../lib/gaps/fill-gaps.ts";
import type { DynamoLedger } from "../../lib/ledger/dynamodb.ts";
import type { S3Quarantine } from "../../lib/quarantine/s3.ts";
import type { emptyPreview, previewOf } from "../../lib/redelivery/preview.ts";
import type { redrive } from "../../lib/redrive/redrive.ts";
import type { batchOf } from "../../lib/roll-up/batch.ts";
import type { rollUp } from "../../lib/roll-up/roll-up.ts";
import type { skipByHand } from "../../lib/skip/skip-by-hand.ts";
import type { TimestreamStore } from "../../lib/store/timestream.ts";
import type { KinesisStream } from "../../lib/stream/kinesis.ts";
import type { sweep } from "../../lib/sweep/sweep.ts";

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
    ...(await load<Pick<Product, "batchOf">>("roll-up/batch.ts")),
    ...(await load<Pick<Product, "DuplicateMemory">>("dedupe/duplicate-memory.ts")),
    ...(await load<Pick<Product, "TimestreamStore">>("store/timestream.ts")),
    ...(await load<Pick<Product, "previewOf" | "emptyPreview">>("redelivery/preview.ts")),
    ...(await load<Pick<Product, "sweep">>("sweep/sweep.ts")),
    ...(await load<Pick<Product, "redrive">>("redrive/redrive.ts")),
    ...(await load<Pick<Product, "skipByHand">>("skip/skip-by-hand.ts")),
    ...(await load<Pick<Product, "audit">>("audit/audit.ts")),
    ...(await load<Pick<Product, "fillGaps">>("gaps/fill-gaps.ts")),
    ...(await load<Pick<Product, "DynamoLedger">>("ledger/dynamodb.ts")),
    ...(await load<Pick<Product, "KinesisStream">>("stream/kinesis.ts")),
    ...(await load<Pick<Product, "S3FailureFiles">>("failures/s3.ts")),
    ...(await load<Pick<Product, "S3Quarantine">>("quarantine/s3.ts")),
  };
}

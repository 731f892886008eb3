import { CfnEventSourceMapping, type IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { recordAgeSeconds, type Settings } from "../lib/config/settings.ts";
import { rollUpTimeoutSeconds } from "../lib/limits.ts";
import { environmentNames, names } from "../lib/names.ts";
import { BundledFunction } from "./bundled-function.ts";
import type { EventStream } from "./event-stream.ts";
import type { LedgerTable } from "./ledger-table.ts";
import type { MetricStore } from "./metric-store.ts";
import type { RejectBucket } from "./reject-bucket.ts";

export interface RollUpProps {
  readonly configFile: string;
  readonly settings: Settings;
  readonly stream: EventStream;
  readonly ledger: LedgerTable;
  readonly store: MetricStore;
  readonly bucket: RejectBucket;
}

/** The function that rolls up the stream, and the mapping that feeds it. */
export class RollUp extends Construct {
  readonly function: IFunction;
  readonly mapping: CfnEventSourceMapping;

  constructor(scope: Construct, id: string, { configFile, settings, stream, ledger, store, bucket }: RollUpProps) {
    super(scope, id);
    const rollUp = new BundledFunction(this, "Function", {
      functionName: names.rollUp,
      description: "Rolls up batches of events to rows of metrics",
      entry: "roll-up.ts",
      configFile,
      memoryMib: 512,
      timeoutSeconds: rollUpTimeoutSeconds,
      concurrency: settings.concurrency?.rollUp,
      environment: {
        [environmentNames.stream]: stream.stream.streamName,
        [environmentNames.database]: store.databaseName,
        [environmentNames.ledger]: ledger.table.tableName,
        [environmentNames.bucket]: bucket.bucket.bucketName,
      },
    });
    this.function = rollUp;
    stream.grantRead(rollUp);
    ledger.grantReadWrite(rollUp);
    store.grantWrite(rollUp);
    bucket.grantQuarantine(rollUp);
    bucket.grantFailures(rollUp);
    this.mapping = this.#mapping(rollUp, { settings, stream, bucket });
    // Lambda checks the permissions when the mapping is made.
    const policy = rollUp.role?.node.tryFindChild("DefaultPolicy");
    if (policy !== undefined) this.mapping.node.addDependency(policy);
  }

  /** Every setting said aloud, also where it is the default. */
  #mapping(rollUp: IFunction, { settings, stream, bucket }: Pick<RollUpProps, "settings" | "stream" | "bucket">) {
    return new CfnEventSourceMapping(this, "Mapping", {
      eventSourceArn: stream.stream.streamArn,
      functionName: rollUp.functionName,
      enabled: true,
      // From the beginning: with LATEST, records written while the mapping is being made could be missed.
      startingPosition: "TRIM_HORIZON",
      batchSize: settings.batchSize,
      maximumBatchingWindowInSeconds: settings.batchingWindowSeconds,
      // A part is consecutive records: one batch of a shard at a time, and nothing filtered out of it.
      parallelizationFactor: 1,
      bisectBatchOnFunctionError: true,
      // Nothing is given up while the stream still has it.
      maximumRetryAttempts: -1,
      maximumRecordAgeInSeconds: recordAgeSeconds(settings),
      // S3, for SQS and SNS get no records, only their sequence numbers.
      destinationConfig: { onFailure: { destination: bucket.bucket.bucketArn } },
      metricsConfig: { metrics: ["EventCount"] },
    });
  }
}

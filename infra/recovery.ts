import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Settings } from "../lib/config/settings.ts";
import { environmentNames, names } from "../lib/names.ts";
import type { EventStream } from "./event-stream.ts";
import type { LedgerTable } from "./ledger-table.ts";
import type { RejectBucket } from "./reject-bucket.ts";
import { ScheduledFunction } from "./scheduled-function.ts";

/** The longest that Lambda lets a function run. */
const timeoutSeconds = 900;

export interface RecoveryProps {
  readonly configFile: string;
  readonly settings: Settings;
  readonly stream: EventStream;
  readonly ledger: LedgerTable;
  readonly bucket: RejectBucket;
  /** Does the counting: a record that ends a process ends that one. */
  readonly rollUp: IFunction;
}

/** What comes back for that which was left behind: promises nobody kept, and batches that Lambda gave up on. */
export class Recovery extends Construct {
  /** Runs every few minutes, whatever happens. */
  readonly sweep: IFunction;

  constructor(scope: Construct, id: string, { configFile, settings, stream, ledger, bucket, rollUp }: RecoveryProps) {
    super(scope, id);
    const common = {
      configFile,
      memoryMib: 512,
      timeoutSeconds,
      environment: {
        [environmentNames.stream]: stream.stream.streamName,
        [environmentNames.ledger]: ledger.table.tableName,
        [environmentNames.bucket]: bucket.bucket.bucketName,
      },
    };
    const sweep = new ScheduledFunction(this, "Sweep", {
      ...common,
      functionName: names.sweep,
      description: "Keeps promises that nobody came back for",
      entry: "sweep.ts",
      concurrency: settings.concurrency?.sweep,
      everyMinutes: 5,
    });
    const redrive = new ScheduledFunction(this, "Redrive", {
      ...common,
      functionName: names.redrive,
      description: "Runs batches that Lambda gave up on once more",
      entry: "redrive.ts",
      concurrency: settings.concurrency?.redrive,
      everyMinutes: 15,
    });
    this.sweep = sweep.function;
    for (const { function: recovering } of [sweep, redrive]) {
      stream.grantRead(recovering);
      ledger.grantReadWrite(recovering);
      bucket.grantRedrive(recovering);
      // Only this version: a grant on all versions would name them with a star.
      rollUp.grantInvokeLatestVersion(recovering);
    }
  }
}

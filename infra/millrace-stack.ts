import { Annotations, CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { settingsOf, sourcesOf } from "../lib/config/settings.ts";
import type { Config } from "../lib/config/shape.ts";
import { Audit } from "./audit.ts";
import { Collector } from "./collector.ts";
import { DedupeWindowAlarm } from "./dedupe-window-alarm.ts";
import { EventStream } from "./event-stream.ts";
import { IteratorAgeAlarm } from "./iterator-age-alarm.ts";
import { LedgerTable } from "./ledger-table.ts";
import { Live } from "./live.ts";
import { LossAlarms } from "./loss-alarms.ts";
import { MetricStore } from "./metric-store.ts";
import { QueryApi } from "./query-api.ts";
import { Recovery } from "./recovery.ts";
import { RejectBucket } from "./reject-bucket.ts";
import { RollUp } from "./roll-up.ts";
import { runsOf } from "./silence.ts";

/** Concurrent executions of an account, and how many of them no function may have for itself. */
const quotaByDefault = 1_000;
const unreservedMin = 100;

export interface MillraceStackProps extends StackProps {
  readonly config: Config;
  /** Absolute path of the configuration: it goes into the functions' bundles. */
  readonly configFile: string;
}

/** All of Millrace: stream, roll-up, store, ledger, quarantine and query API. */
export class MillraceStack extends Stack {
  constructor(scope: Construct, id: string, props: MillraceStackProps) {
    super(scope, id, { description: "Millrace: real-time product analytics", ...props });
    const { configFile } = props;
    const settings = settingsOf(props.config);
    const stream = new EventStream(this, "EventStream", settings);
    const ledger = new LedgerTable(this, "Ledger");
    const store = new MetricStore(this, "MetricStore", settings);
    const bucket = new RejectBucket(this, "Rejects");
    const rollUp = new RollUp(this, "RollUp", { configFile, settings, stream, ledger, store, bucket });
    const recovery = new Recovery(this, "Recovery", {
      configFile,
      settings,
      stream,
      ledger,
      bucket,
      rollUp: rollUp.function,
    });
    const runs = runsOf(recovery.sweep);
    new Audit(this, "Audit", { configFile, settings, stream, ledger, store, bucket, runs });
    const live = new Live(this, "Live", { configFile, settings, stream, ledger });
    const query = new QueryApi(this, "Query", {
      configFile,
      settings,
      stream,
      ledger,
      store,
      bucket,
      live: live.function,
    });
    if (sourcesOf(props.config).length > 0) {
      new Collector(this, "Collector", { config: props.config, configFile, api: query.api, stream });
    } else {
      query.answerUnknownPaths();
    }
    new IteratorAgeAlarm(this, "IteratorAge", { rollUp: rollUp.function, runs });
    new DedupeWindowAlarm(this, "DedupeWindow");
    new LossAlarms(this, "Losses", { settings, rollUp });
    this.#warnOfQuota();
    new CfnOutput(this, "ApiUrl", { value: query.api.apiEndpoint });
    new CfnOutput(this, "StreamName", { value: stream.stream.streamName });
    new CfnOutput(this, "BucketName", { value: bucket.bucket.bucketName });
  }

  /** Deploying fails where too little stays unreserved (Lambda developer guide, "Configuring reserved concurrency"). */
  #warnOfQuota(): void {
    const functions = this.node.findAll().filter((construct) => construct instanceof CfnFunction);
    const reserved = functions.reduce(
      (sum, { reservedConcurrentExecutions = 0 }) => sum + reservedConcurrentExecutions,
      0,
    );
    if (reserved + unreservedMin <= quotaByDefault) return;
    Annotations.of(this).addWarningV2(
      "millrace:concurrency",
      `Expected a quota of ${quotaByDefault} concurrent executions to be enough, got ${reserved} that are reserved and` +
        ` ${unreservedMin} that must not be: ask for a higher quota, or lower concurrency in the configuration`,
    );
  }
}

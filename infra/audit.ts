import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Grant } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { auditPartition } from "../lib/audit/dynamodb-log.ts";
import { type ScheduleName, schedules } from "../lib/audit/scheduled-audit.ts";
import type { Settings } from "../lib/config/settings.ts";
import { auditMetrics, environmentNames, names } from "../lib/names.ts";
import { BundledFunction } from "./bundled-function.ts";
import type { EventStream } from "./event-stream.ts";
import type { LedgerTable } from "./ledger-table.ts";
import type { MetricStore } from "./metric-store.ts";
import type { RejectBucket } from "./reject-bucket.ts";
import { silence } from "./silence.ts";

/** Of the hourly audit. */
const behindSecondsMax = 3 * 3_600;

export interface AuditProps {
  readonly configFile: string;
  readonly settings: Settings;
  readonly stream: EventStream;
  readonly ledger: LedgerTable;
  readonly store: MetricStore;
  readonly bucket: RejectBucket;
  /** How often something ran that runs in any case. */
  readonly runs: Metric;
}

/** What checks the counting, every hour, and once a day against the store; and the alarms that say what it found. */
export class Audit extends Construct {
  constructor(scope: Construct, id: string, props: AuditProps) {
    super(scope, id);
    const { configFile, settings, stream, ledger, store, bucket, runs } = props;
    const audit = new BundledFunction(this, "Function", {
      functionName: names.audit,
      description: "Checks that what was counted is right",
      entry: "audit.ts",
      configFile,
      memoryMib: 512,
      timeoutSeconds: 900,
      concurrency: settings.concurrency?.audit,
      environment: {
        [environmentNames.stream]: stream.stream.streamName,
        [environmentNames.database]: store.databaseName,
        [environmentNames.ledger]: ledger.table.tableName,
        [environmentNames.bucket]: bucket.bucket.bucketName,
      },
    });
    stream.stream.grant(audit, "kinesis:ListShards");
    ledger.grantRead(audit);
    ledger.grantWriteTo(audit, auditPartition(stream.stream.streamName));
    store.grantQuery(audit);
    bucket.grantListFailures(audit);
    // Knows no resources (Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch").
    Grant.addToPrincipal({ grantee: audit, actions: ["cloudwatch:GetMetricData"], resourceArns: ["*"] });
    // The next run looks at what a failed one left out: Lambda need not try twice more beside it.
    audit.configureAsyncInvoke({ retryAttempts: 0 });
    for (const name of ["hourly", "daily"] as const) this.#schedule(name, audit);
    this.#alarms(runs);
  }

  /** Both every hour: what the daily one has no time for in one invocation it goes on with in the next. */
  #schedule(name: ScheduleName, audit: BundledFunction): void {
    const rows = schedules[name].rows === "none" ? "no part" : "some parts";
    new Rule(this, name === "hourly" ? "Hourly" : "Daily", {
      description: `Checks that what was counted is right: ${name}, rows of ${rows}`,
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [new LambdaFunction(audit, { retryAttempts: 0, event: RuleTargetInput.fromObject({ schedule: name }) })],
    });
  }

  #alarms(runs: Metric): void {
    const common = { comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD };
    new Alarm(this, "Findings", {
      ...common,
      alarmName: "millrace-audit",
      alarmDescription:
        "The audit found something wrong with what was counted. npx millrace audit --aws says what, and which command helps.",
      metric: this.#metric(auditMetrics.findings, "Maximum"),
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    // Three periods, because an hour may pass without a run: a schedule drifts over the hour's edge. An alarm over one hour
    // that took missing data for a finding would ring for nothing.
    new Alarm(this, "Silence", {
      ...common,
      alarmName: "millrace-audit-silent",
      alarmDescription:
        "The hourly audit is more than three hours behind, or does not run: nobody knows whether what was counted is right. npx millrace audit --aws says why.",
      metric: silence({
        runs,
        looked: this.#metric(auditMetrics.behind.hourly, "Minimum"),
        // Where no audit says how far it is, it is further behind than it may be.
        expression: `FILL(looked, ${behindSecondsMax + 1})`,
        periodMinutes: 60,
      }),
      threshold: behindSecondsMax,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    // A day, and the time it may take over all shards, and one more: the hourly audit publishes it, so it ages also where
    // the daily one does not run at all.
    new Alarm(this, "Behind", {
      ...common,
      alarmName: "millrace-audit-behind",
      alarmDescription:
        "The daily audit, which compares with the stored rows, is more than two days behind: it fails, or there are more parts than it can look at in a day. Its log says which shard it is at. npx millrace audit --aws looks at a range.",
      metric: this.#metric(auditMetrics.behind.daily, "Minimum"),
      threshold: 49 * 3_600,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** As the function publishes it: metrics of the embedded format have its name as their `service`. */
  #metric(metricName: string, statistic: string): Metric {
    const dimensionsMap = { service: names.audit };
    return new Metric({
      namespace: names.metricNamespace,
      metricName,
      dimensionsMap,
      statistic,
      period: Duration.hours(1),
    });
  }
}

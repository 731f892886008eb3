import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Grant } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { scheduledAudits } from "../lib/audit/range.ts";
import { auditMetrics, environmentNames, names } from "../lib/names.ts";
import { BundledFunction } from "./bundled-function.ts";
import type { EventStream } from "./event-stream.ts";
import type { LedgerTable } from "./ledger-table.ts";
import type { MetricStore } from "./metric-store.ts";
import type { RejectBucket } from "./reject-bucket.ts";

export interface AuditProps {
  readonly configFile: string;
  readonly stream: EventStream;
  readonly ledger: LedgerTable;
  readonly store: MetricStore;
  readonly bucket: RejectBucket;
}

const everyHours = { hourly: 1, daily: 24 } as const satisfies Record<keyof typeof scheduledAudits, number>;

/** What checks the counting, every hour, and once a day against the store; and the alarms that say what it found. */
export class Audit extends Construct {
  constructor(scope: Construct, id: string, { configFile, stream, ledger, store, bucket }: AuditProps) {
    super(scope, id);
    const audit = new BundledFunction(this, "Function", {
      functionName: names.audit,
      description: "Checks that what was counted is right",
      entry: "audit.ts",
      configFile,
      memoryMib: 512,
      timeoutSeconds: 900,
      environment: {
        [environmentNames.stream]: stream.stream.streamName,
        [environmentNames.database]: store.databaseName,
        [environmentNames.ledger]: ledger.table.tableName,
        [environmentNames.bucket]: bucket.bucket.bucketName,
      },
    });
    stream.stream.grant(audit, "kinesis:ListShards");
    ledger.grantRead(audit);
    store.grantQuery(audit);
    bucket.grantListFailures(audit);
    // Knows no resources (Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch").
    Grant.addToPrincipal({ grantee: audit, actions: ["cloudwatch:GetMetricData"], resourceArns: ["*"] });
    for (const name of ["hourly", "daily"] as const) this.#schedule(name, audit);
    this.#alarms();
  }

  #schedule(name: keyof typeof scheduledAudits, audit: BundledFunction): void {
    const { rows } = scheduledAudits[name];
    new Rule(this, name === "hourly" ? "Hourly" : "Daily", {
      description: `Checks that what was counted is right: ${name}, rows of ${rows === "none" ? "no part" : "some parts"}`,
      schedule: Schedule.rate(Duration.hours(everyHours[name])),
      // The next run looks at what a failed one left out.
      targets: [
        new LambdaFunction(audit, { retryAttempts: 0, event: RuleTargetInput.fromObject(scheduledAudits[name]) }),
      ],
    });
  }

  /**
   * Two, because an hour may pass without a run: a schedule drifts over the hour's edge. An alarm over one hour that
   * took missing data for a finding would ring of nothing, one over three hours would tell of a finding late.
   */
  #alarms(): void {
    const common = { threshold: 0, comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD };
    new Alarm(this, "Findings", {
      ...common,
      alarmName: "millrace-audit",
      alarmDescription:
        "The audit found something wrong with what was counted. npx millrace audit --aws says what, and which command helps.",
      metric: this.#metric(auditMetrics.findings, "Maximum"),
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    new Alarm(this, "Silence", {
      ...common,
      alarmName: "millrace-audit-silent",
      alarmDescription:
        "No audit ran to its end for three hours: nobody knows whether what was counted is right. npx millrace audit --aws says why.",
      // The lowest of an hour: one complete run is enough.
      metric: this.#metric(auditMetrics.incomplete, "Minimum"),
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.BREACHING,
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

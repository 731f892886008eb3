import { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { MillraceStack } from "../../infra/millrace-stack.ts";
import { configFile } from "../../lib/config/load.ts";
import type { Config } from "../../lib/config/shape.ts";
import { count, defineConfig, page } from "../../lib/config.ts";

const metrics = { views: { on: page(), measure: count() } };

/** The template of a configuration; the functions' bundles are left out, which takes most of the time. */
function templateOf(config: Config): Template {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  return Template.fromStack(new MillraceStack(app, "Test", { config, configFile: configFile(undefined) }));
}

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const template = templateOf(defineConfig({ metrics }));

describe("the event source mapping", () => {
  test("says every setting aloud, and gives up nothing while the stream still has it", () => {
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 1_000,
      MaximumBatchingWindowInSeconds: 5,
      ParallelizationFactor: 1,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: 23 * 3_600,
      MetricsConfig: { Metrics: ["EventCount"] },
      FilterCriteria: Match.absent(),
      TumblingWindowInSeconds: Match.absent(),
      DestinationConfig: { OnFailure: { Destination: { "Fn::GetAtt": [Match.stringLikeRegexp("Rejects"), "Arn"] } } },
    });
  });

  test("holds on to records for the week that Lambda allows where the stream keeps them longer", () => {
    const longer = templateOf(defineConfig({ metrics, stream: { retention: "30d" } }));
    longer.hasResourceProperties("AWS::Lambda::EventSourceMapping", { MaximumRecordAgeInSeconds: 604_800 });
  });
});

describe("retention", () => {
  test.each([
    ["24h", "24h", 49],
    ["360d", "24h", 8_665],
    ["1h", "48h", 50],
  ] as const)(
    "with an allowed lateness of %s and a stream of %s, the memory store holds %i hours",
    (late, keeps, hours) => {
      templateOf(defineConfig({ metrics, allowedLateness: late, stream: { retention: keeps } })).hasResourceProperties(
        "AWS::Timestream::Table",
        {
          RetentionProperties: {
            MemoryStoreRetentionPeriodInHours: String(hours),
            MagneticStoreRetentionPeriodInDays: "3650",
          },
          MagneticStoreWriteProperties: { EnableMagneticStoreWrites: false },
        },
      );
    },
  );

  test("what is stored outlives the stack, but not a first deployment that failed", () => {
    for (const type of ["AWS::Timestream::Table", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Kinesis::Stream"]) {
      template.allResources(type, { DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" });
    }
  });
});

test("the ledger is paid by use, forgets by itself, and can be restored to any second", () => {
  template.hasResourceProperties("AWS::DynamoDB::Table", {
    BillingMode: "PAY_PER_REQUEST",
    TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});

test("an on-demand stream is one word in the configuration", () => {
  templateOf(defineConfig({ metrics, stream: { shards: "on-demand" } })).hasResourceProperties("AWS::Kinesis::Stream", {
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
    ShardCount: Match.absent(),
  });
});

test("functions run on Node 24 and arm64, within their limits", () => {
  template.allResourcesProperties("AWS::Lambda::Function", { Runtime: "nodejs24.x", Architectures: ["arm64"] });
});

test("nothing is granted on every resource but endpoint discovery and reading metrics, which know no resources", () => {
  const policies = Object.values(template.findResources("AWS::IAM::Policy"));
  const statements = policies.flatMap(
    (policy) => (policy.Properties as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument.Statement,
  );
  const everywhere = statements.filter(({ Resource }) => Resource === "*").flatMap(({ Action }) => Action);
  expect(new Set(everywhere)).toEqual(new Set(["timestream:DescribeEndpoints", "cloudwatch:GetMetricData"]));
  expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([]);
});

test("the query function may not write, and the roll-up may not read the store", () => {
  const actionsOf = (name: string): string[] =>
    Object.entries(template.findResources("AWS::IAM::Policy"))
      .filter(([id]) => id.startsWith(name))
      .flatMap(
        ([, policy]) => (policy.Properties as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument.Statement,
      )
      .flatMap(({ Action }) => Action)
      .sort();
  expect(actionsOf("Query").filter((action) => /Put|Write|Update|Delete/.test(action))).toEqual([]);
  expect(actionsOf("RollUp")).not.toContain("timestream:Select");
});

test("the query function may read what is not counted, and nothing else of the bucket", () => {
  const policies = Object.entries(template.findResources("AWS::IAM::Policy")).filter(([id]) => id.startsWith("Query"));
  const objects = policies
    .flatMap(
      ([, { Properties }]) => (Properties as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument.Statement,
    )
    .filter(({ Action }) => Action === "s3:GetObject")
    .map(({ Resource }) => JSON.stringify(Resource));
  expect(objects).toHaveLength(2);
  expect(objects.join()).toMatch(/quarantine\/\*.*aws\/lambda\/\*/);
});

test("the audit may change nothing but what it keeps of itself", () => {
  const policies = Object.entries(template.findResources("AWS::IAM::Policy")).filter(([id]) => id.startsWith("Audit"));
  const statements = policies.flatMap(
    ([, { Properties }]) =>
      (Properties as { PolicyDocument: { Statement: (Statement & { Condition?: unknown })[] } }).PolicyDocument
        .Statement,
  );
  const isWrite = ({ Action }: Statement): boolean => Action.includes("dynamodb:PutItem");
  expect(new Set(statements.filter((one) => !isWrite(one)).flatMap(({ Action }) => Action))).toEqual(
    new Set([
      "kinesis:ListShards",
      "dynamodb:BatchGetItem",
      "dynamodb:GetItem",
      "dynamodb:Query",
      "timestream:Select",
      "timestream:DescribeEndpoints",
      "s3:ListBucket",
      "cloudwatch:GetMetricData",
    ]),
  );
  const writes = statements.filter(isWrite);
  expect(writes.map(({ Action }) => Action)).toEqual(["dynamodb:PutItem"]);
  expect(JSON.stringify(writes[0]?.Condition)).toMatch(
    /^{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":.*audits\//,
  );
});

test("both audits are looked after every hour: what one invocation has no time for, the next goes on with", () => {
  for (const schedule of ["hourly", "daily"]) {
    template.hasResourceProperties("AWS::Events::Rule", {
      ScheduleExpression: "rate(1 hour)",
      Targets: [Match.objectLike({ Input: Match.serializedJson({ schedule }) })],
    });
  }
});

test("the alarms of the audit look at metrics with the dimension that the function publishes them with", () => {
  for (const [MetricName, TreatMissingData] of [
    ["AuditFindings", "notBreaching"],
    ["AuditDailyBehind", "notBreaching"],
  ]) {
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      Namespace: "Millrace",
      MetricName,
      Dimensions: [{ Name: "service", Value: "millrace-audit" }],
      TreatMissingData,
    });
  }
});

test("every route asks who is calling", () => {
  const routes = Object.values(template.findResources("AWS::ApiGatewayV2::Route"));
  expect(routes.length).toBeGreaterThan(0);
  for (const { Properties } of routes) expect(Properties).toMatchObject({ AuthorizationType: "AWS_IAM" });
});

type Properties = Readonly<Record<string, unknown>>;
const propertiesOf = (type: string): Properties[] =>
  Object.values(template.findResources(type)).map(({ Properties: properties }) => properties as Properties);

/** How long each kind of resource keeps what it is given; those that keep nothing, or what does not grow, are not here. */
const ends: Readonly<Record<string, (properties: Properties) => unknown>> = {
  "AWS::Logs::LogGroup": ({ RetentionInDays }) => RetentionInDays,
  "AWS::S3::Bucket": ({ LifecycleConfiguration }) => LifecycleConfiguration,
  "AWS::DynamoDB::Table": ({ TimeToLiveSpecification }) => TimeToLiveSpecification,
  "AWS::Kinesis::Stream": ({ RetentionPeriodHours }) => RetentionPeriodHours,
  "AWS::Timestream::Table": ({ RetentionProperties }) => RetentionProperties,
};

test.each([
  ["AWS::Logs::LogGroup", 30],
  [
    "AWS::S3::Bucket",
    {
      Rules: [{ Status: "Enabled", ExpirationInDays: 90, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
    },
  ],
  ["AWS::DynamoDB::Table", { AttributeName: "expires", Enabled: true }],
  ["AWS::Kinesis::Stream", 24],
  ["AWS::Timestream::Table", { MemoryStoreRetentionPeriodInHours: "49", MagneticStoreRetentionPeriodInDays: "3650" }],
])("what a %s holds has an end", (type, expected) => {
  const kept = propertiesOf(type).map((properties) => ends[type]?.(properties));
  expect(kept.length).toBeGreaterThan(0);
  expect(kept).toEqual(kept.map(() => expected));
});

test("each function logs into a group of the template: the one that Lambda makes by itself keeps its lines for ever", () => {
  const groups = Object.keys(template.findResources("AWS::Logs::LogGroup"));
  const used = propertiesOf("AWS::Lambda::Function").map(({ LoggingConfig }) => LoggingConfig);
  expect(used).toHaveLength(groups.length);
  expect(new Set(used.map((one) => JSON.stringify(one)))).toEqual(
    new Set(groups.map((group) => JSON.stringify({ LogGroup: { Ref: group } }))),
  );
});

test("no schedule's function is tried again by Lambda: the next run is due soon, and does what a failed one left", () => {
  const rules = Object.values(template.findResources("AWS::Events::Rule")).flatMap(
    ({ Properties }) => Properties.Targets,
  );
  const scheduled = new Set(rules.map(({ Arn }) => Arn["Fn::GetAtt"][0]));
  const configured = Object.values(template.findResources("AWS::Lambda::EventInvokeConfig")).map(({ Properties }) => {
    expect(Properties.MaximumRetryAttempts).toBe(0);
    return Properties.FunctionName.Ref;
  });
  expect(scheduled.size).toBe(4);
  expect(new Set(configured)).toEqual(scheduled);
});

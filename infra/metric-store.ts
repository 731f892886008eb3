import { RemovalPolicy, Validations } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { CfnDatabase, CfnTable } from "aws-cdk-lib/aws-timestream";
import { Construct } from "constructs";
import { memoryStoreHours, type Settings } from "../lib/config/settings.ts";
import { names } from "../lib/names.ts";

/** How long rolled-up metrics are kept: ten years. */
const magneticStoreDays = 3_650;

/** The metrics in Timestream for LiveAnalytics, which takes no new customers since 20 June 2025. */
export class MetricStore extends Construct {
  readonly databaseName = names.database;
  readonly #table: CfnTable;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const reason = "The README tells new accounts";
    Validations.of(this).acknowledge({ id: "CloudFormation-Validate::W3697", reason });
    const database = new CfnDatabase(this, "Database", { databaseName: names.database });
    database.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    this.#table = new CfnTable(this, "Minutes", {
      databaseName: names.database,
      tableName: names.minuteTable,
      retentionProperties: {
        MemoryStoreRetentionPeriodInHours: String(memoryStoreHours(settings)),
        MagneticStoreRetentionPeriodInDays: String(magneticStoreDays),
      },
      // The memory store holds all that may still be written. Magnetic writes may be refused after they are answered.
      magneticStoreWriteProperties: { EnableMagneticStoreWrites: false },
    });
    this.#table.addResourceDependency(database);
    this.#table.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }

  grantWrite(grantee: IGrantable): void {
    this.#grant(grantee, "timestream:WriteRecords");
  }

  grantQuery(grantee: IGrantable): void {
    this.#grant(grantee, "timestream:Select");
  }

  #grant(grantee: IGrantable, action: string): void {
    Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [this.#table.attrArn] });
    // Endpoint discovery knows no resources (Timestream developer guide, "Identity-based policy examples").
    Grant.addToPrincipal({ grantee, actions: ["timestream:DescribeEndpoints"], resourceArns: ["*"] });
  }
}

import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { names } from "../lib/names.ts";
import { ledgerKeys } from "../lib/store/ledger/item-table.ts";

/** The ledger: what has been counted, range by range. Losing it would mean not knowing, so it is kept and restorable. */
export class LedgerTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, "Table", {
      tableName: names.ledger,
      partitionKey: { name: ledgerKeys.partition, type: AttributeType.STRING },
      sortKey: { name: ledgerKeys.sort, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: ledgerKeys.timeToLive,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  }

  grantRead(grantee: IGrantable): void {
    this.table.grant(grantee, "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query");
  }

  grantReadWrite(grantee: IGrantable): void {
    this.grantRead(grantee);
    this.table.grant(grantee, "dynamodb:PutItem");
  }

  /** May write the items of one partition, and no other's. */
  grantWriteTo(grantee: IGrantable, partition: string): void {
    Grant.addToPrincipal({
      grantee,
      actions: ["dynamodb:PutItem"],
      resourceArns: [this.table.tableArn],
      conditions: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [partition] } },
    });
  }
}

import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { Stream, StreamEncryption, StreamMode } from "aws-cdk-lib/aws-kinesis";
import { Construct } from "constructs";
import type { Settings } from "../lib/config/settings.ts";
import { names } from "../lib/names.ts";

/** The stream that producers push events into. */
export class EventStream extends Construct {
  readonly stream: Stream;

  constructor(scope: Construct, id: string, { shards, streamRetentionHours }: Settings) {
    super(scope, id);
    this.stream = new Stream(this, "Stream", {
      streamName: names.stream,
      retentionPeriod: Duration.hours(streamRetentionHours),
      encryption: StreamEncryption.MANAGED,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(shards === "on-demand"
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: shards }),
    });
  }

  /** May read records, by an event source mapping or again from where it likes. */
  grantRead(grantee: IGrantable): void {
    this.stream.grant(
      grantee,
      "kinesis:DescribeStream",
      "kinesis:DescribeStreamSummary",
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:ListShards",
    );
  }

  /** May put records, and list the shards to pack them for. */
  grantWrite(grantee: IGrantable): void {
    this.stream.grant(grantee, "kinesis:ListShards", "kinesis:PutRecords");
  }
}

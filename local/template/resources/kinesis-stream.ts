import type { Kinesis } from "../../kinesis/kinesis.ts";
import type { Provisioner } from "../run.ts";
import { number, object } from "./property.ts";

/** Shards that a new on-demand stream has (Kinesis developer guide, "Choose the data stream capacity mode"). */
const onDemandShards = 4;

/** AWS::Kinesis::Stream. An on-demand stream gets the shards it starts with in AWS, and does not scale. */
export const kinesisStream =
  (kinesis: Kinesis, log: (text: string) => void): Provisioner =>
  async ({ properties, physicalId }) => {
    const onDemand = object(properties, "StreamModeDetails").StreamMode === "ON_DEMAND";
    const name = String(properties.Name ?? physicalId);
    const shards = onDemand ? onDemandShards : number(properties, "ShardCount", 1);
    const retentionHours = number(properties, "RetentionPeriodHours", 24);
    const arn = await kinesis.createStream({ name, shards, retentionHours });
    const output = await kinesis.call("DescribeStreamSummary", { StreamName: name });
    const { OpenShardCount } = (output as { StreamDescriptionSummary: { OpenShardCount: number } })
      .StreamDescriptionSummary;
    if (OpenShardCount !== shards) {
      log(
        `${name} keeps the ${OpenShardCount} shards of its first start, the template has ${shards}: use another --data-dir`,
      );
    }
    return { ref: name, attributes: { Arn: arn } };
  };

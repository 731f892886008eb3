import type { Kinesis } from "../aws-endpoint/kinesis.ts";
import type { Provisioner } from "../template/run.ts";
import { number, object } from "./property.ts";

/** Shards that a new on-demand stream has (Kinesis developer guide, "Choose the data stream capacity mode"). */
const onDemandShards = 4;

/** AWS::Kinesis::Stream. An on-demand stream gets the shards it starts with in AWS, and does not scale. */
export const kinesisStream =
  (kinesis: Kinesis): Provisioner =>
  async ({ properties, physicalId }) => {
    const onDemand = object(properties, "StreamModeDetails").StreamMode === "ON_DEMAND";
    const name = String(properties.Name ?? physicalId);
    const arn = await kinesis.createStream({
      name,
      shards: onDemand ? onDemandShards : number(properties, "ShardCount", 1),
      retentionHours: number(properties, "RetentionPeriodHours", 24),
    });
    return { ref: name, attributes: { Arn: arn } };
  };

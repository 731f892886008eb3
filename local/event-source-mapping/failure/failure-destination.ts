import { member, SettingsError } from "../mapping-property.ts";

/** Where a mapping sends what it gives up. Only S3 gets the records themselves. */
export type FailureDestination =
  | { readonly kind: "s3"; readonly bucket: string }
  | { readonly kind: "sqs" | "sns"; readonly arn: string };

const property = "DestinationConfig.OnFailure.Destination";
const bucketArn = /^arn:[\w-]+:s3:::([a-z0-9][a-z0-9.-]+)$/;
const messageArn = /^arn:[\w-]+:(sqs|sns):[\w-]+:\d{12}:[\w-]+(\.fifo)?$/;

/** Reads DestinationConfig (Lambda API reference, OnFailure). Throws a SettingsError, also for what the engine cannot tell. */
export function failureDestination(config: unknown): FailureDestination | undefined {
  if (config === undefined) return undefined;
  const arn = member(member(config, "OnFailure"), "Destination");
  if (arn === undefined) throw new SettingsError("DestinationConfig", "an OnFailure.Destination", config);
  if (typeof arn !== "string") throw new SettingsError(property, "the ARN of a bucket, a queue or a topic", arn);
  const bucket = bucketArn.exec(arn)?.[1];
  if (bucket !== undefined) return { kind: "s3", bucket };
  const [, service, fifo] = messageArn.exec(arn) ?? [];
  if (fifo !== undefined) throw new SettingsError(property, "a standard queue or topic, and not a FIFO one", arn);
  if (service === "sqs" || service === "sns") return { kind: service, arn };
  throw new SettingsError(property, "the ARN of an S3 bucket, an SQS queue or an SNS topic", arn);
}

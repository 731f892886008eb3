import type { S3 } from "../s3/s3.ts";
import type { Provisioner } from "../template/run.ts";

/** AWS::S3::Bucket. Life cycle rules are not run. */
export const s3Bucket =
  (s3: S3): Provisioner =>
  ({ properties, physicalId }) => {
    const name = String(properties.BucketName ?? physicalId).toLowerCase();
    s3.createBucket(name);
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` } };
  };

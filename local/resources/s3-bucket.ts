import type { S3 } from "../s3/s3.ts";
import type { Provisioner } from "../template/run.ts";
import { number, object, type Properties } from "./property.ts";

/** AWS::S3::Bucket. Of its life cycle, that all objects expire after some days. */
export const s3Bucket =
  (s3: S3): Provisioner =>
  ({ properties, physicalId }) => {
    const name = String(properties.BucketName ?? physicalId).toLowerCase();
    s3.createBucket(name);
    const days = expirationDays(properties);
    if (days !== undefined) s3.setLifetime(name, days);
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` } };
  };

/** Throws for a rule that applies to some objects only. */
function expirationDays(properties: Properties): number | undefined {
  const { Rules = [] } = object(properties, "LifecycleConfiguration");
  const enabled = (Rules as readonly Properties[]).filter(({ Status }) => Status === "Enabled");
  const expiring = enabled.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);
  for (const { Prefix, TagFilters } of expiring) {
    if (Prefix !== undefined || TagFilters !== undefined) {
      throw new Error(
        "expected LifecycleConfiguration to have rules for all objects, got one with Prefix or TagFilters",
      );
    }
  }
  const days = expiring.map((rule) => number(rule, "ExpirationInDays"));
  return days.length === 0 ? undefined : Math.min(...days);
}

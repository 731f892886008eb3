import type { Lifetime, S3 } from "../../s3/s3.ts";
import type { Provisioner } from "../run.ts";
import { number, object, type Properties } from "./property.ts";

/** AWS::S3::Bucket. Of its life cycle, that all objects and unfinished uploads expire after some days. */
export const s3Bucket =
  (s3: S3): Provisioner =>
  ({ properties, physicalId }) => {
    const name = String(properties.BucketName ?? physicalId).toLowerCase();
    s3.createBucket(name);
    s3.setLifetime(name, lifetimeOf(properties));
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` } };
  };

/** Throws for a rule that applies to some objects only. */
function lifetimeOf(properties: Properties): Lifetime {
  const { Rules = [] } = object(properties, "LifecycleConfiguration");
  const enabled = (Rules as readonly Properties[]).filter(({ Status }) => Status === "Enabled");
  const expiring = enabled.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);
  const aborting = enabled.filter((rule) => rule.AbortIncompleteMultipartUpload !== undefined);
  for (const { Prefix, TagFilters } of [...expiring, ...aborting]) {
    if (Prefix !== undefined || TagFilters !== undefined) {
      throw new Error(
        "expected LifecycleConfiguration to have rules for all objects, got one with Prefix or TagFilters",
      );
    }
  }
  const objects = expiring.map((rule) => number(rule, "ExpirationInDays"));
  const uploads = aborting.map((rule) => number(object(rule, "AbortIncompleteMultipartUpload"), "DaysAfterInitiation"));
  return {
    ...(objects.length === 0 ? {} : { ofObjects: Math.min(...objects) }),
    ...(uploads.length === 0 ? {} : { ofUploads: Math.min(...uploads) }),
  };
}

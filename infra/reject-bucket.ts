import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { names } from "../lib/names.ts";

/** As long as the ledger remembers: what is older could not be counted exactly any more. */
const kept = Duration.days(90);

/** What was not counted: single events in quarantine, and batches that Lambda gave up on. */
export class RejectBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, "Bucket", {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [{ expiration: kept, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  }

  grantQuarantine(grantee: IGrantable): void {
    this.#grant(grantee, "s3:PutObject", this.bucket.arnForObjects(`${names.quarantinePrefix}*`));
  }

  /** What Lambda needs to write there itself (Lambda developer guide, "Capturing batch and payload data"). */
  grantFailures(grantee: IGrantable): void {
    this.#grant(grantee, "s3:PutObject", this.bucket.arnForObjects(`${names.failuresPrefix}*`));
    this.#grant(grantee, "s3:ListBucket", this.bucket.bucketArn);
  }

  /** May see what Lambda gave up on, by name. */
  grantListFailures(grantee: IGrantable): void {
    this.#grant(grantee, "s3:ListBucket", this.bucket.bucketArn, { "s3:prefix": names.failuresPrefix });
  }

  /** May read what is in quarantine, and what Lambda gave up on. */
  grantRead(grantee: IGrantable): void {
    this.#grant(grantee, "s3:ListBucket", this.bucket.bucketArn);
    for (const prefix of [names.quarantinePrefix, names.failuresPrefix]) {
      this.#grant(grantee, "s3:GetObject", this.bucket.arnForObjects(`${prefix}*`));
    }
  }

  /** May read what Lambda gave up on, and put it aside once it is counted. */
  grantRedrive(grantee: IGrantable): void {
    this.#grant(grantee, "s3:ListBucket", this.bucket.bucketArn);
    for (const action of ["s3:GetObject", "s3:DeleteObject"]) {
      this.#grant(grantee, action, this.bucket.arnForObjects(`${names.failuresPrefix}*`));
    }
    this.#grant(grantee, "s3:PutObject", this.bucket.arnForObjects(`${names.redrivenPrefix}*`));
  }

  /** Only while the bucket is ours: a deleted bucket's name may be taken by another account. */
  #grant(grantee: IGrantable, action: string, resource: string, only: Readonly<Record<string, string>> = {}): void {
    const conditions = { StringEquals: { "s3:ResourceAccount": Stack.of(this).account, ...only } };
    Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [resource], conditions });
  }
}

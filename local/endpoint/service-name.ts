import type { HttpRequest } from "./http-message.ts";

/** The services that this endpoint can have, named as in the credential scope of a signature. */
export type ServiceName =
  | "dynamodb"
  | "kinesis"
  | "lambda"
  | "logs"
  | "monitoring"
  | "s3"
  | "secretsmanager"
  | "sts"
  | "timestream";

/** The part of X-Amz-Target before the dot, for the services whose API is JSON over POST. */
const targets: Readonly<Record<string, ServiceName>> = {
  DynamoDB_20120810: "dynamodb",
  GraniteServiceVersion20100801: "monitoring",
  Kinesis_20131202: "kinesis",
  Logs_20140328: "logs",
  Timestream_20181101: "timestream",
  secretsmanager: "secretsmanager",
};

const lambdaPath = /^\/20\d\d-\d\d-\d\d\/(functions|event-source-mappings)\b/;

/** `<access key>/<date>/<region>/<service>/aws4_request` (IAM user guide, AWS Signature Version 4). */
function credentialScope({ url, headers }: Pick<HttpRequest, "url" | "headers">): string | undefined {
  const signed = /Credential=([^,\s]+)/.exec(headers.authorization ?? "")?.[1];
  const presigned = /[?&]X-Amz-Credential=([^&]+)/i.exec(url)?.[1]?.replaceAll(/%2f/gi, "/");
  return (signed ?? presigned)?.split("/").at(-2);
}

/**
 * The service that a request is for: by its target, else by its path, else by what it is signed for, else S3. It may
 * be one that this endpoint does not have.
 */
export function serviceName(request: Pick<HttpRequest, "url" | "headers">): ServiceName | (string & {}) {
  const target = request.headers["x-amz-target"];
  if (target !== undefined) {
    const [prefix = ""] = target.split(".", 1);
    return Object.hasOwn(targets, prefix) ? (targets[prefix] ?? prefix) : prefix;
  }
  if (lambdaPath.test(request.url)) return "lambda";
  return credentialScope(request) ?? "s3";
}

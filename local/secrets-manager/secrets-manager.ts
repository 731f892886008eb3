import { createHash, randomUUID } from "node:crypto";
import type { AwsService } from "../endpoint/aws-endpoint.ts";
import type { HttpRequest, HttpResponse } from "../endpoint/http-message.ts";
import { jsonError } from "../endpoint/service-error.ts";

/** A secret. It has a current value and no other: nothing rotates here. */
export type Secret = { readonly name: string; readonly arn: string; readonly value: string };

/** Secrets Manager: GetSecretValue, by name or ARN. */
export type SecretsManager = AwsService & {
  readonly add: (secret: Secret) => void;
  /** By name. */
  readonly values: () => ReadonlyMap<string, string>;
};

const contentType = "application/x-amz-json-1.1";

type Answer = { readonly status: number; readonly type?: string; readonly body: object };

const refused = (type: string, Message: string): Answer => ({ status: 400, type, body: { Message } });

function inputOf(body: Buffer): Record<string, unknown> | undefined {
  try {
    const input: unknown = JSON.parse(body.toString());
    return typeof input === "object" && input !== null ? (input as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A version's id has 32 to 64 characters, and is another with another value. */
const versionOf = (value: string): string => createHash("sha256").update(value).digest("hex").slice(0, 32);

/** Secrets Manager API reference, GetSecretValue: its members, and ResourceNotFoundException for what is not there. */
function secretValue(secrets: ReadonlyMap<string, Secret>, input: Record<string, unknown>): Answer {
  const { SecretId, VersionStage = "AWSCURRENT", VersionId, ...others } = input;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return refused("ValidationException", `${unknown} of GetSecretValue does not run here`);
  if (typeof SecretId !== "string") return refused("ValidationException", "Expected SecretId to be a text");
  const secret = secrets.get(SecretId);
  if (secret === undefined) {
    return refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  }
  const { name: Name, arn: ARN, value: SecretString } = secret;
  const version = versionOf(SecretString);
  if (VersionStage !== "AWSCURRENT" || (VersionId !== undefined && VersionId !== version)) {
    const message = `Secrets Manager can't find the specified secret value for staging label: ${VersionStage}`;
    return refused("ResourceNotFoundException", message);
  }
  const CreatedDate = 0;
  return {
    status: 200,
    body: { ARN, Name, SecretString, VersionId: version, VersionStages: ["AWSCURRENT"], CreatedDate },
  };
}

function answer(secrets: ReadonlyMap<string, Secret>, { headers, body }: HttpRequest): HttpResponse {
  const operation = (headers["x-amz-target"] ?? "").split(".")[1] ?? "";
  if (operation !== "GetSecretValue") {
    const message = `The operation ${operation} does not run here; what runs: GetSecretValue`;
    return jsonError(400, "UnknownOperationException", message, contentType);
  }
  const input = inputOf(body);
  if (input === undefined) {
    return jsonError(400, "SerializationException", "Expected a body of one JSON object", contentType);
  }
  const { status, type, body: output } = secretValue(secrets, input);
  return {
    status,
    headers: {
      "content-type": contentType,
      "x-amzn-requestid": randomUUID(),
      ...(type === undefined ? {} : { "x-amzn-errortype": type }),
    },
    body: JSON.stringify(type === undefined ? output : { __type: type, ...output }),
  };
}

export function secretsManager(): SecretsManager {
  const secrets = new Map<string, Secret>();
  return {
    bodyBytesMax: 64 * 1024,
    handle: async (request) => answer(secrets, request),
    add: (secret) => {
      secrets.set(secret.name, secret).set(secret.arn, secret);
    },
    values: () => new Map([...secrets.values()].map(({ name, value }) => [name, value])),
  };
}

import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SecretsManager } from "../../../lib/collect/secrets.ts";
import { type AwsEndpoint, startAwsEndpoint } from "../../../local/endpoint/aws-endpoint.ts";
import { secretsManager } from "../../../local/secrets-manager/secrets-manager.ts";
import { secret } from "../../../local/template/resources/secret.ts";

const secrets = secretsManager();
const provision = secret(secrets, { region: "us-east-1", accountId: "000000000000" });
const resource = { logicalId: "Key", type: "AWS::SecretsManager::Secret", physicalId: "stack-key", metadata: {} };
const generated = { GenerateSecretString: { PasswordLength: 20 } };

let endpoint: AwsEndpoint;
let client: SecretsManagerClient;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ port: 0, services: { secretsmanager: secrets } });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  client = new SecretsManagerClient({ endpoint: endpoint.url, region: "us-east-1", credentials });
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

const read = (SecretId: string, more: object = {}) => client.send(new GetSecretValueCommand({ SecretId, ...more }));

describe("a secret on the laptop", () => {
  it("has the value that its metadata gives it here, by name and by ARN", async () => {
    const metadata = { "millrace:onLaptop": "web" };
    const { ref, attributes } = await provision({ ...resource, metadata, properties: { ...generated, Name: "a/web" } });
    expect(ref).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:a\/web-[0-9a-f]{6}$/);
    expect(attributes).toEqual({ Id: ref });
    for (const id of ["a/web", ref]) {
      expect(await read(id)).toMatchObject({
        Name: "a/web",
        ARN: ref,
        SecretString: "web",
        VersionStages: ["AWSCURRENT"],
      });
    }
  });

  it("has the template's value where there is one, and otherwise one that is the same at every start", async () => {
    await provision({ ...resource, properties: { Name: "b", SecretString: "said" } });
    expect((await read("b")).SecretString).toBe("said");
    await provision({ ...resource, properties: generated });
    const { SecretString: first } = await read("stack-key");
    expect(first).toHaveLength(20);
    await provision({ ...resource, properties: generated });
    expect((await read("stack-key")).SecretString).toBe(first);
  });

  it("has no previous value, and one that is not there is not found", async () => {
    await provision({ ...resource, properties: { Name: "c", SecretString: "x" } });
    const notFound = { name: "ResourceNotFoundException" };
    await expect(read("c", { VersionStage: "AWSPREVIOUS" })).rejects.toMatchObject(notFound);
    await expect(read("c", { VersionId: "0".repeat(32) })).rejects.toMatchObject(notFound);
    await expect(read("constructor")).rejects.toMatchObject(notFound);
  });

  it("is what the functions' own reader reads", async () => {
    await provision({ ...resource, properties: { Name: "d", SecretString: "value" } });
    const reader = new SecretsManager(client);
    expect(await reader.read("d", "AWSCURRENT")).toBe("value");
    expect(await reader.read("d", "AWSPREVIOUS")).toBeUndefined();
    expect(await reader.read("e", "AWSCURRENT")).toBeUndefined();
  });

  it("cannot be listed, and the answer says so", async () => {
    await expect(client.send(new ListSecretsCommand())).rejects.toThrow("ListSecrets does not run here");
    const headers = { "x-amz-target": "secretsmanager.GetSecretValue", "content-type": "application/x-amz-json-1.1" };
    for (const [body, type] of [
      ["{", "SerializationException"],
      ["5", "SerializationException"],
      ["{}", "ValidationException"],
    ]) {
      const response = await fetch(endpoint.url, { method: "POST", headers, body: body ?? "" });
      expect([response.status, response.headers.get("x-amzn-errortype")]).toEqual([400, type]);
    }
  });
});

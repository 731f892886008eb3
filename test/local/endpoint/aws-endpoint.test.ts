import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { KinesisClient, ListStreamsCommand } from "@aws-sdk/client-kinesis";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DynamoDb, openDynamoDb } from "../../../local/dynamodb/dynamodb.ts";
import { type AwsEndpoint, type AwsService, startAwsEndpoint } from "../../../local/endpoint/aws-endpoint.ts";
import { PortTaken } from "../../../local/endpoint/port-taken.ts";
import { type Kinesis, openKinesis } from "../../../local/kinesis/kinesis.ts";
import { openS3 } from "../../../local/s3/s3.ts";

const where = { region: "eu-west-1", accountId: "111122223333" };
const credentials = { accessKeyId: "local", secretAccessKey: "local" };

let directory: string;
let endpoint: AwsEndpoint;
let kinesis: Kinesis;
let dynamodb: DynamoDb;

const failing: AwsService = { bodyBytesMax: 10, handle: () => Promise.reject(new Error("no room")) };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "endpoint-"));
  const s3 = openS3({ directory });
  s3.createBucket("shop");
  [kinesis, dynamodb] = await Promise.all([openKinesis(where), openDynamoDb(where)]);
  await kinesis.createStream({ name: "s", shards: 1, retentionHours: 24 });
  endpoint = await startAwsEndpoint({ port: 0, services: { dynamodb, kinesis, s3, timestream: failing } });
});

afterAll(async () => {
  await endpoint.close();
  await Promise.all([kinesis.close(), dynamodb.close()]);
  await rm(directory, { recursive: true });
});

const jsonOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

const post = (target: string, body: string | Buffer, headers: object = {}) =>
  fetch(endpoint.url, {
    method: "POST",
    body,
    headers: { "x-amz-target": target, "content-type": "application/x-amz-json-1.1", ...headers },
  });

describe("the endpoint", () => {
  it("leads every SDK to its service", async () => {
    const config = { endpoint: endpoint.url, region: "eu-west-1", credentials };
    const clients = [new KinesisClient(config), new DynamoDBClient(config), new S3Client(config)] as const;
    const [streams, tables, s3] = clients;
    expect((await streams.send(new ListStreamsCommand({}))).StreamNames).toEqual(["s"]);
    expect((await tables.send(new ListTablesCommand({}))).TableNames).toEqual([]);
    await s3.send(new PutObjectCommand({ Bucket: "shop", Key: "../x", Body: "hello" }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "shop", Key: "../x" }));
    expect(await Body?.transformToString()).toBe("hello");
    for (const client of clients) client.destroy();
  });

  it("names a service that does not run, and those that do", async () => {
    const response = await post("Logs_20140328.PutLogEvents", "{}");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      __type: "UnknownOperationException",
      message: "The service Logs_20140328 does not run here; what runs: dynamodb, kinesis, s3, timestream",
    });
  });

  it("answers what a service rejects with in the service's protocol", async () => {
    const response = await post("Timestream_20181101.Query", "{}");
    expect(response.status).toBe(500);
    expect(response.headers.get("x-amzn-errortype")).toBe("InternalFailure");
    expect(await response.json()).toEqual({ __type: "InternalFailure", message: "no room" });
  });

  it("refuses bodies over the service's limit, in JSON or XML", async () => {
    const json = await post("Timestream_20181101.Query", "x".repeat(11));
    expect([json.status, (await jsonOf(json)).__type]).toEqual([413, "RequestEntityTooLarge"]);
    const xml = await fetch(`${endpoint.url}/shop/big`, { method: "PUT", body: Buffer.alloc(65 * 1024 * 1024 + 1) });
    expect([xml.status, await xml.text()]).toEqual([400, expect.stringContaining("<Code>EntityTooLarge</Code>")]);
  });

  it.each([
    ["{", 400, "SerializationException"],
    ["[]", 400, "SerializationException"],
    ['{"Records":[null],"StreamName":"s"}', 400, "SerializationException"],
    ['{"Records":[],"StreamName":"s"}', 400, "ValidationException"],
  ])("answers the input %s with an error, and lives", async (body, status, type) => {
    const response = await post("Kinesis_20131202.PutRecords", body);
    expect([response.status, (await jsonOf(response)).__type]).toEqual([status, type]);
  });

  it("outlives a client that breaks off", async () => {
    const { port } = new URL(endpoint.url);
    const socket = connect(Number(port), "127.0.0.1");
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("close", () => resolve());
    socket.write(
      "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Kinesis_20131202.PutRecords\r\nContent-Length: 100\r\n\r\n{",
      () => socket.resetAndDestroy(),
    );
    await promise;
    expect((await post("Kinesis_20131202.ListStreams", "{}")).status).toBe(200);
  });

  it("tells a client that asks first to go on", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const headers = { expect: "100-continue", "x-amz-target": "Kinesis_20131202.ListStreams" };
    const asking = httpRequest(endpoint.url, { method: "POST", headers });
    asking.once("continue", () => asking.end("{}")).once("response", (response) => resolve(text(response)));
    asking.flushHeaders();
    expect(JSON.parse(await promise)).toMatchObject({ StreamNames: ["s"] });
  });

  it("says which port is taken", async () => {
    const port = Number(new URL(endpoint.url).port);
    const error = await startAwsEndpoint({ port, services: {} }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PortTaken);
    expect(error).toMatchObject({ port, message: expect.stringContaining(`port ${port}`) });
  });

  it("answers what is under way before it closes", async () => {
    const begun = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const slow: AwsService = {
      handle: async () => {
        begun.resolve();
        await answer.promise;
        return { status: 200, headers: {}, body: randomBytes(10).toString("hex") };
      },
    };
    const other = await startAwsEndpoint({ port: 0, services: { s3: slow } });
    const response = fetch(other.url);
    await begun.promise;
    const closed = other.close();
    answer.resolve();
    expect((await (await response).text()).length).toBe(20);
    await closed;
    await expect(fetch(other.url)).rejects.toThrow("fetch failed");
  });
});

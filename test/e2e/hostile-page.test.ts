import { stat } from "node:fs/promises";
import { join } from "node:path";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient, ListShardsCommand, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { QueryCommand, TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import { ListTablesCommand, TimestreamWriteClient } from "@aws-sdk/client-timestream-write";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { names, writeKeySecret } from "../../lib/names.ts";
import { type Attempt, chromiumIsThere, HostileSite, ways } from "./hostile-page.ts";
import { Laptop } from "./laptop.ts";

const config = join(import.meta.dirname, "collect.config.ts");
const key = "treasure.js";
const secret = writeKeySecret("server");

let laptop: Laptop;
let site: HostileSite | undefined;
let s3: S3Client;
let bucket: string;

beforeAll(async () => {
  const opened = chromiumIsThere ? HostileSite.open() : undefined;
  laptop = await Laptop.start({ config });
  site = await opened;
  s3 = new S3Client(laptop.aws);
  bucket = (await s3.send(new ListBucketsCommand({}))).Buckets?.[0]?.Name ?? "";
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "0", ContentType: "text/javascript" }));
});
afterAll(async () => {
  s3?.destroy();
  await site?.close();
  await laptop?.[Symbol.asyncDispose]();
});

function opened(): HostileSite {
  if (site === undefined) throw new Error("Chromium is not there");
  return site;
}

const on = (base: string, name: string): string => base.replace("127.0.0.1", name);
const json = { "content-type": "application/json" };

/** What a page could want of the laptop whose ports have these addresses. */
function attempts(aws: string, url: string): Attempt[] {
  const target = (name: string) => ({ "content-type": "application/x-amz-json-1.1", "x-amz-target": name });
  const post = (address: string, body: string, headers: Attempt["headers"] = json): Attempt => ({
    url: address,
    method: "POST",
    headers,
    body,
  });
  const get = (address: string): Attempt => ({ url: address, method: "GET", headers: {} });
  return [
    post(`${aws}/_laptop/services/kinesis`, '{"answers":"nothing","seconds":3600}'),
    post(`${aws}/_laptop/functions/${names.sweep}/kill`, "{}"),
    post(`${aws}/${bucket}?delete`, `<Delete><Object><Key>${key}</Key></Object></Delete>`, {}),
    { url: `${aws}/${bucket}/${key}`, method: "DELETE", headers: {} },
    { url: `${aws}/${bucket}/${key}`, method: "PUT", headers: {}, body: "1" },
    post(`${aws}/2015-03-31/functions/${names.sweep}/invocations`, "{}", {}),
    post(`${aws}/`, `{"SecretId":"${secret}"}`, target("secretsmanager.GetSecretValue")),
    post(`${aws}/`, `{"StreamName":"${names.stream}"}`, target("Kinesis_20131202.DeleteStream")),
    post(`${aws}/`, `{"TableName":"${names.ledger}"}`, target("DynamoDB_20120810.DeleteTable")),
    get(`${aws}/${bucket}/${key}`),
    get(`${aws}/${bucket}?list-type=2`),
    get(`${url}/v1/live`),
    get(`${url}/v1/metrics`),
    get(`${url}/v1/quarantine`),
  ];
}

/** Starts a function, and gives the processes that run it. */
async function started(): Promise<number[]> {
  const lambda = new LambdaClient(laptop.aws);
  await lambda.send(new InvokeCommand({ FunctionName: names.sweep, Payload: "{}" }));
  lambda.destroy();
  return laptop.pidsOf(names.sweep);
}

/** Throws where something is not as it was, or a process has ended. */
async function expectUnharmed(pids: readonly number[]): Promise<void> {
  const kinesis = new KinesisClient({ ...laptop.aws, maxAttempts: 1 });
  expect((await kinesis.send(new ListShardsCommand({ StreamName: names.stream }))).Shards).not.toEqual([]);
  kinesis.destroy();
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  expect(await Body?.transformToString()).toBe("0");
  expect(await laptop.pidsOf(names.sweep)).toEqual(pids);
}

describe.skipIf(!chromiumIsThere)("a page that a developer visits", () => {
  test.each(ways)("gets and breaks nothing by %s", async (way) => {
    const pids = await started();
    const page = await opened().visit("http://evil.example");
    const wanted = ["127.0.0.1", "localhost", "0.0.0.0"].flatMap((name) =>
      attempts(on(laptop.awsUrl, name), on(laptop.url, name)),
    );
    expect(await opened().send(page, way, wanted)).toEqual([]);
    await expectUnharmed(pids);
  });

  test.each(["the AWS endpoint", "the API"])("gets only refusals once its name leads to %s", async (which) => {
    const pids = await started();
    const [own, other] = which === "the API" ? [laptop.url, laptop.awsUrl] : [laptop.awsUrl, laptop.url];
    const origin = on(own, "rebound.example");
    const page = await opened().visit(origin);
    const wanted = which === "the API" ? attempts(other, origin) : attempts(origin, other);
    const answers = await opened().send(page, "fetch", wanted);
    expect(answers).not.toEqual([]);
    for (const answer of answers) expect(answer).toMatch(/^403 /);
    await expectUnharmed(pids);
  });
});

describe("meanwhile", () => {
  test("a call of every SDK works", async () => {
    const { requestHandler: _, ...overHttp2 } = laptop.aws;
    const record = { StreamName: names.stream, PartitionKey: "p", Data: Buffer.from("{}") };
    const presentedAs = { Bucket: bucket, Key: "plain", Body: "x", ContentType: "text/plain" };
    const answers = await Promise.all([
      new KinesisClient(overHttp2).send(new PutRecordCommand(record)),
      new KinesisClient(laptop.aws).send(new PutRecordCommand(record)),
      new DynamoDBClient(laptop.aws).send(new DescribeTableCommand({ TableName: names.ledger })),
      s3.send(new PutObjectCommand(presentedAs)),
      new LambdaClient(laptop.aws).send(new InvokeCommand({ FunctionName: names.sweep, Payload: "{}" })),
      new CloudWatchClient(laptop.aws).send(new DescribeAlarmsCommand({})),
      new SecretsManagerClient(laptop.aws).send(new GetSecretValueCommand({ SecretId: secret })),
      new TimestreamQueryClient(laptop.aws).send(new QueryCommand({ QueryString: "SELECT 1" })),
      new TimestreamWriteClient(laptop.aws).send(new ListTablesCommand({ DatabaseName: names.database })),
    ]);
    for (const { $metadata } of answers) expect($metadata.httpStatusCode).toBe(200);
  });

  test("only the owner can look into the data folder", async () => {
    expect((await stat(laptop.dataDirectory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(laptop.dataDirectory, "timestream.duckdb"))).mode & 0o077).toBe(0);
  });
});

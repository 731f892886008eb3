import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CloudWatchIncoming } from "../../../lib/audit/cloudwatch.ts";
import { clientSettings } from "../../../lib/aws.ts";
import { SecretsManager } from "../../../lib/collect/secrets.ts";
import { TimestreamStore } from "../../../lib/store/rows/timestream.ts";
import { question } from "./question.ts";
import { SilentServer } from "./silent-server.ts";

let service: SilentServer;

beforeEach(async () => {
  service = await SilentServer.start();
  vi.stubEnv("AWS_ENDPOINT_URL", service.url);
  for (const name of ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "us-east-1");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await service[Symbol.asyncDispose]();
});

const second = 1_000;
/** Less than any limit: the SDKs wait for a few hundred milliseconds. */
const backoffMsMax = 1_500;
const place = { database: "millrace", table: "metrics_1m" };

test.each<[service: string, ask: () => Promise<unknown>, limitMs: number, attempts: number]>([
  [
    "DynamoDB, and all that have no limit of their own",
    () => new DynamoDBClient(clientSettings()).send(new GetItemCommand({ TableName: "ledger", Key: {} })),
    30 * second,
    4,
  ],
  ["CloudWatch", () => CloudWatchIncoming.connect("events").records(0, 60_000), 30 * second, 4],
  ["Secrets Manager", () => SecretsManager.connect().read("key", "AWSCURRENT"), 2 * second, 2],
  ["Timestream, asked", () => TimestreamStore.connect(place).answer(question), 65 * second, 4],
])("%s has so long for an answer, and is asked so often", async (_, ask, limitMs, attempts) => {
  let error: unknown;
  const asked = ask().catch((cause: unknown) => {
    error = cause;
  });
  await service.reached("taken", 1);
  await vi.advanceTimersByTimeAsync(limitMs - 1);
  expect(service.counts.abandoned).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  await service.reached("abandoned", 1);
  for (let attempt = 2; attempt <= attempts; attempt++) {
    await vi.advanceTimersByTimeAsync(backoffMsMax);
    await service.reached("taken", attempt);
    await vi.advanceTimersByTimeAsync(limitMs);
    await service.reached("abandoned", attempt);
  }
  await asked;
  expect(error).toMatchObject({ name: "TimeoutError" });
  expect(service.counts.taken).toBe(attempts);
});

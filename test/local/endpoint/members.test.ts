import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AlarmWatch } from "../../../local/cloudwatch/alarm-watch.ts";
import { cloudWatch } from "../../../local/cloudwatch/cloudwatch.ts";
import { MetricStore } from "../../../local/cloudwatch/metrics.ts";
import { type DynamoDb, openDynamoDb } from "../../../local/dynamodb/dynamodb.ts";
import type { AwsService } from "../../../local/endpoint/aws-endpoint.ts";
import { type Kinesis, openKinesis } from "../../../local/kinesis/kinesis.ts";
import { secretsManager } from "../../../local/secrets-manager/secrets-manager.ts";
import { timestreamService } from "../../../local/services.ts";
import { openTimestream, type Timestream } from "../../../local/timestream/timestream.ts";
import { inputOf, type Model, paths } from "../model-members.ts";
import { servedMembers } from "./served-members.ts";

const where = { region: "us-east-1", accountId: "000000000000" };
const metrics = new MetricStore();
let kinesis: Kinesis;
let dynamodb: DynamoDb;
let timestream: Timestream;
let services: Readonly<Record<string, AwsService>>;

beforeAll(async () => {
  [kinesis, dynamodb, timestream] = await Promise.all([
    openKinesis(where),
    openDynamoDb(where),
    openTimestream({ file: ":memory:" }),
  ]);
  const parts = { metrics, alarms: new AlarmWatch(metrics, 0), startedMs: 0, now: Date.now, ...where };
  services = {
    kinesis,
    dynamodb,
    cloudwatch: cloudWatch(parts),
    "secrets-manager": secretsManager(),
    "timestream-write": timestreamService(timestream),
    "timestream-query": timestreamService(timestream),
  };
});
afterAll(() => Promise.all([kinesis.close(), dynamodb.close(), timestream.close()]));

/** Members of an operation's input that are not refused by name. */
async function takenBy(service: string, operation: string, model: Model): Promise<string[]> {
  const taken: string[] = [];
  for (const [path, input] of paths(inputOf(model, operation))) {
    const answer = await services[service]?.handle({
      method: "POST",
      url: "/",
      headers: {
        "x-amz-target": `Service.${operation}`,
        "content-type": "application/x-amz-json-1.1",
        host: "localhost",
      },
      body: Buffer.from(JSON.stringify(input)),
    });
    const { message = "", Message = message } = JSON.parse(String(answer?.body || "{}")) as Record<string, string>;
    const refused = Message.split(` of ${operation} does not run`)[0] ?? "";
    if (refused === Message || (path !== refused && !path.startsWith(`${refused}.`))) taken.push(path);
  }
  return taken.sort();
}

describe.each(Object.entries(servedMembers))("%s", (service, operations) => {
  const model: Model = createRequire(import.meta.url)(`@aws-sdk/client-${service}`);

  test.each(Object.entries(operations))(
    "%s takes what has its effect, and refuses all else by its name",
    async (operation, expected) => {
      expect(await takenBy(service, operation, model)).toEqual(expected.split(/\s+/).filter(Boolean).sort());
    },
  );
});

import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AlarmWatch } from "../../local/alarm-watch.ts";
import { type DynamoDb, openDynamoDb } from "../../local/aws-endpoint/dynamodb.ts";
import { type Kinesis, openKinesis } from "../../local/aws-endpoint/kinesis.ts";
import { secretsManager } from "../../local/aws-endpoint/secrets-manager.ts";
import type { AwsService } from "../../local/aws-endpoint.ts";
import { cloudWatch } from "../../local/cloudwatch/cloudwatch.ts";
import { MetricStore } from "../../local/metrics.ts";
import { timestreamService } from "../../local/services.ts";
import { openTimestream, type Timestream } from "../../local/timestream/timestream.ts";
import { servedMembers } from "./served-members.ts";

/** A shape of the SDK's own model: a structure is [3, namespace, name, traits, member names, member shapes]. */
type Shape = number | readonly unknown[] | (() => Shape);
type Model = Readonly<Record<string, readonly unknown[]>>;

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

const type = (shape: Shape): number | undefined => (typeof shape === "number" ? shape : undefined);
const resolved = (shape: Shape): Shape => (typeof shape === "function" ? resolved(shape()) : shape);

/** Each member below a shape, as a path, with an input that has nothing else. AttributeValue is in itself. */
function* paths(given: Shape, depth = 0): Generator<readonly [path: string, input: unknown]> {
  const shape = resolved(given);
  if (!Array.isArray(shape) || depth > 5) return;
  const [kind, , name, , ...rest] = shape;
  if (name === "AttributeValue") return;
  if (kind === 1 || kind === 2) {
    for (const [path, inner] of paths((kind === 1 ? rest[0] : rest[1]) as Shape, depth + 1)) {
      yield [path, kind === 1 ? [inner] : { x: inner }];
    }
  }
  if (kind !== 3) return;
  const [names, shapes] = rest as [string[], Shape[]];
  for (const [at, member] of names.entries()) {
    const inner = shapes[at] ?? 0;
    yield [member, { [member]: sample(inner) }];
    for (const [path, input] of paths(inner, depth + 1)) yield [`${member}.${path}`, { [member]: input }];
  }
}

/** Some value of a shape that is more than leaving it out. */
function sample(given: Shape): unknown {
  const shape = resolved(given);
  if (Array.isArray(shape)) {
    const target = resolved((shape[0] === 1 ? shape[4] : shape[5]) as Shape);
    if (shape[0] === 0) return sample(shape[2] as Shape);
    return shape[0] === 1 ? [sample(target)] : shape[0] === 2 ? { x: sample(target) } : {};
  }
  const code = type(shape) ?? 0;
  if (code >= 128) return { x: "x" };
  if (code >= 64) return ["x"];
  return code === 1 ? 1 : code === 2 ? true : code === 4 ? 1 : code === 21 ? "eA==" : "x";
}

/** Members of an operation's input that are not refused by name. */
async function takenBy(service: string, operation: string, model: Model): Promise<string[]> {
  const schema = model[`${operation}$`];
  if (schema === undefined) throw new Error(`${service} has no ${operation}`);
  const taken: string[] = [];
  for (const [path, input] of paths(schema[4] as Shape)) {
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

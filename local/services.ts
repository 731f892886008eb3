import { availableParallelism } from "node:os";
import { join } from "node:path";
import { realClock } from "./clock.ts";
import { AlarmWatch } from "./cloudwatch/alarm-watch.ts";
import { cloudWatch } from "./cloudwatch/cloudwatch.ts";
import { MetricStore } from "./cloudwatch/metrics.ts";
import { type DynamoDb, openDynamoDb } from "./dynamodb/dynamodb.ts";
import type { AwsService, AwsServices } from "./endpoint/aws-endpoint.ts";
import { sts } from "./endpoint/sts.ts";
import { type Kinesis, openKinesis } from "./kinesis/kinesis.ts";
import { ReadLimits } from "./kinesis/read-limits.ts";
import { asynchronousInvocation } from "./lambda/asynchronous-invocation.ts";
import { invokeApi } from "./lambda/invoke-api.ts";
import { type Lambda, type LogLine, startLambda } from "./lambda/lambda.ts";
import { LogStore } from "./logs/log-store.ts";
import { cloudWatchLogs } from "./logs/logs.ts";
import { openS3, type S3 } from "./s3/s3.ts";
import { type SecretsManager, secretsManager } from "./secrets-manager/secrets-manager.ts";
import { openTimestream, type Timestream } from "./timestream/timestream.ts";

/** Where everything is said to be. */
export const region = "us-east-1";
export const accountId = "000000000000";

/** Processes of a function at one time: a laptop gains nothing from more than it has cores, and each takes 80 MB. */
const environmentsMax = Math.min(4, availableParallelism());

/** The services of AWS that run here. */
export interface Services {
  readonly kinesis: Kinesis;
  readonly dynamodb: DynamoDb;
  readonly timestream: Timestream;
  readonly s3: S3;
  readonly lambda: Lambda;
  readonly secrets: SecretsManager;
  readonly metrics: MetricStore;
  readonly alarms: AlarmWatch;
  readonly logs: LogStore;
  /** Nothing of before is in `metrics`. */
  readonly startedMs: number;
}

export interface ServiceOptions {
  /** Keeps what the services store. */
  readonly directory: string;
  readonly log: (line: LogLine) => void;
  /** Whether shards can be read no more often than in AWS. */
  readonly kinesisLimits: boolean;
}

/** Opens all services. */
export async function openServices({ directory, log, kinesisLimits }: ServiceOptions): Promise<Services> {
  const startedMs = Date.now();
  const metrics = new MetricStore();
  const logs = new LogStore();
  const logged = (line: LogLine): void => {
    logs.put(line);
    log(line);
  };
  const alarms = new AlarmWatch(metrics, startedMs);
  const limits = kinesisLimits ? { readLimits: new ReadLimits(Date.now) } : {};
  const [kinesis, dynamodb, timestream, lambda] = await Promise.all([
    openKinesis({ path: join(directory, "kinesis"), region, accountId, metrics, ...limits }),
    openDynamoDb({ path: join(directory, "dynamodb"), region, accountId }),
    openTimestream({ file: join(directory, "timestream.duckdb") }),
    startLambda({ log: logged, metrics, region, accountId, environmentsMax }),
  ]);
  const s3 = openS3({ directory: join(directory, "s3") });
  return { kinesis, dynamodb, timestream, lambda, metrics, alarms, logs, s3, secrets: secretsManager(), startedMs };
}

/** The services as the endpoint of the AWS SDKs has them. The signal ends asynchronous invocations. */
export function endpointServices(services: Services, signal: AbortSignal, log: (text: string) => void): AwsServices {
  const { kinesis, dynamodb, timestream, s3, lambda, secrets, metrics, alarms, logs, startedMs } = services;
  return {
    kinesis,
    dynamodb,
    s3,
    secretsmanager: secrets,
    sts: sts({ accountId }),
    logs: cloudWatchLogs(logs),
    timestream: timestreamService(timestream),
    monitoring: cloudWatch({ metrics, alarms, startedMs, now: Date.now, region, accountId }),
    lambda: lambdaService(lambda, signal, log),
  };
}

/** Lambda's Invoke, as the endpoint has it. */
export function lambdaService(lambda: Lambda, signal: AbortSignal, problem: (text: string) => void): AwsService {
  const invoke = (name: string, payload: string) => lambda.invoke(name, payload);
  const answer = invokeApi(lambda, asynchronousInvocation({ invoke, clock: realClock, problem }, signal));
  return {
    handle: async ({ url, headers, body }) => {
      const { pathname, searchParams } = new URL(url, "http://localhost");
      const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname)?.[1];
      const message = `Expected /2015-03-31/functions/{name}/invocations, got ${url}`;
      if (name === undefined) return { status: 404, headers: {}, body: JSON.stringify({ Message: message }) };
      const qualifier = searchParams.get("Qualifier") ?? "$LATEST";
      if (qualifier !== "$LATEST") {
        const Message = `The Qualifier ${qualifier} does not run on the laptop: functions have no versions and no aliases`;
        return { status: 404, headers: {}, body: JSON.stringify({ Message }) };
      }
      return answer(decodeURIComponent(name), headers, body.toString("utf8"));
    },
  };
}

export function timestreamService(timestream: Timestream): AwsService {
  return {
    handle: async ({ headers, body }) => {
      const operation = headers["x-amz-target"]?.split(".")[1] ?? "";
      const { host = "localhost", "user-agent": client } = headers;
      const answer = await timestream.handle(operation, body.toString("utf8"), host, client);
      return {
        status: answer.status,
        headers: {
          "content-type": "application/x-amz-json-1.0",
          ...(answer.errorType === undefined ? {} : { "x-amzn-errortype": answer.errorType }),
        },
        body: JSON.stringify(answer.body),
      };
    },
  };
}

/** Ends the functions first, then what they use. */
export async function closeServices({ lambda, kinesis, dynamodb, timestream }: Services): Promise<void> {
  await lambda.close();
  await Promise.all([kinesis.close(), dynamodb.close(), timestream.close()]);
}

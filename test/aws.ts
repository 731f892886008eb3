import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlarmWatch } from "../local/cloudwatch/alarm-watch.ts";
import { cloudWatch } from "../local/cloudwatch/cloudwatch.ts";
import { MetricStore } from "../local/cloudwatch/metrics.ts";
import { openDynamoDb } from "../local/dynamodb/dynamodb.ts";
import { startAwsEndpoint } from "../local/endpoint/aws-endpoint.ts";
import { openKinesis } from "../local/kinesis/kinesis.ts";
import { openS3 } from "../local/s3/s3.ts";
import { timestreamService } from "../local/services.ts";
import { openTimestream, type Timestream } from "../local/timestream/timestream.ts";

/** AWS services in this process, behind one endpoint, gone at the end of the test. */
export interface TestAws extends AsyncDisposable {
  readonly url: string;
  readonly timestream: Timestream;
  readonly dynamodb: Awaited<ReturnType<typeof openDynamoDb>>;
  readonly kinesis: Awaited<ReturnType<typeof openKinesis>>;
  readonly s3: ReturnType<typeof openS3>;
  /** What CloudWatch answers from; Kinesis puts what it takes here. */
  readonly metrics: MetricStore;
}

export async function startAws(): Promise<TestAws> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-aws-"));
  const place = { region: "us-east-1", accountId: "000000000000" };
  const metrics = new MetricStore();
  const startedMs = Date.now();
  const alarms = new AlarmWatch(metrics, startedMs);
  const monitoring = cloudWatch({ ...place, metrics, alarms, startedMs, now: Date.now });
  const [kinesis, dynamodb, timestream] = await Promise.all([
    openKinesis({ ...place, metrics }),
    openDynamoDb(place),
    openTimestream({ file: ":memory:" }),
  ]);
  const s3 = openS3({ directory });
  const services = { kinesis, dynamodb, s3, monitoring, timestream: timestreamService(timestream) };
  const endpoint = await startAwsEndpoint({ port: 0, services });
  // The clients of lib/ find their endpoint and credentials where Lambda has them.
  const environment = {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  return {
    url: endpoint.url,
    timestream,
    dynamodb,
    kinesis,
    s3,
    metrics,
    [Symbol.asyncDispose]: async () => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await endpoint.close();
      await Promise.all([kinesis.close(), dynamodb.close(), timestream.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

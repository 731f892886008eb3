import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { realClock } from "./clock.ts";
import { type AwsEndpoint, startAwsEndpoint } from "./endpoint/aws-endpoint.ts";
import { hostRefusal } from "./endpoint/browser-guard.ts";
import { listenError } from "./endpoint/port-taken.ts";
import { Rehearsal } from "./endpoint/rehearsal.ts";
import { CheckpointFile } from "./event-source-mapping/checkpoint-file.ts";
import { createMapping } from "./event-source-mapping/mapping.ts";
import type { MappingSettings } from "./event-source-mapping/mapping-settings.ts";
import { kinesisReader } from "./event-source-mapping/reading/kinesis-reader.ts";
import { runSchedule, type Schedule } from "./eventbridge/schedule.ts";
import { httpApi } from "./http-api/http-api.ts";
import type { ApiSwitches } from "./http-api/switches.ts";
import type { LogLine } from "./lambda/lambda.ts";
import { accountId, closeServices, endpointServices, openServices, region, type Services } from "./services.ts";
import { readAssets } from "./template/assets.ts";
import { dynamoDbTable } from "./template/resources/dynamodb-table.ts";
import { eventSourceMapping } from "./template/resources/event-source-mapping.ts";
import { HttpApiParts } from "./template/resources/http-api.ts";
import { kinesisStream } from "./template/resources/kinesis-stream.ts";
import { lambdaFunction } from "./template/resources/lambda-function.ts";
import { metricAlarm } from "./template/resources/metric-alarm.ts";
import { s3Bucket } from "./template/resources/s3-bucket.ts";
import { scheduleRule } from "./template/resources/schedule-rule.ts";
import { secret } from "./template/resources/secret.ts";
import { timestreamDatabase, timestreamTable } from "./template/resources/timestream.ts";
import { type Provisioner, type RunningStack, runTemplate } from "./template/run.ts";
import { parseTemplate } from "./template/template.ts";

export interface CloudOptions {
  /** Resolves to the folder of the cloud assembly (`cdk.out`) when it is synthesized. */
  readonly assembly: Promise<string>;
  readonly stackName: string;
  /** Keeps what the services store. */
  readonly dataDirectory: string;
  /** Of the AWS endpoint; 0 for any that is free. */
  readonly awsPort: number;
  /** Of the HTTP API and the page; 0 for any that is free. */
  readonly port: number;
  /** Host headers by which the HTTP API is reached beside loopback names, such as a tunnel's. */
  readonly hosts: readonly string[];
  /** Whether shards can be read no more often than in AWS, and are polled by mappings as there. */
  readonly kinesisLimits: boolean;
  /** What the HTTP API does where AWS does not document it. */
  readonly apiSwitches: ApiSwitches;
  readonly logFunction: (line: LogLine) => void;
  /** One line for a person: an alarm that changed, a failure around a function. */
  readonly log: (text: string) => void;
}

/** A stack that runs on this machine. */
export interface Cloud {
  readonly awsUrl: string;
  readonly url: string;
  readonly stack: RunningStack;
  /** Values of its secrets, by name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Ends everything that was started, children too. */
  close(): Promise<void>;
}

/** Milliseconds between reads of a shard that is empty. Lambda reads about once a second; nobody pays for reads here. */
const pollIntervalMs = { asInAws: 1_000, freely: 200 };
const trimIntervalMs = 3_600_000;
const alarmIntervalMs = 10_000;

/** Runs the synthesized template: what the laptop has is what the template says. Throws PortTaken, TemplateError. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const closing = new AsyncDisposableStack();
  try {
    return await start(options, closing);
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

async function start(options: CloudOptions, closing: AsyncDisposableStack): Promise<Cloud> {
  const services = await openServices({
    directory: options.dataDirectory,
    log: options.logFunction,
    kinesisLimits: options.kinesisLimits,
  });
  closing.defer(() => closeServices(services));
  const stop = new AbortController();
  closing.defer(() => stop.abort());
  const answering = endpointServices(services, stop.signal, options.log);
  const endpoint = await startAwsEndpoint({
    port: options.awsPort,
    services: answering,
    rehearsal: new Rehearsal(Object.keys(answering), services.lambda),
  });
  closing.defer(() => endpoint.close());
  const api = await listen(options.port, options.hosts);
  closing.defer(() => api.close());

  const parts = new StackParts();
  const stack = await runStack(options, services, endpoint, api.url, parts);
  api.serve(
    httpApi({
      routes: parts.http.routes,
      integrations: parts.http.integrations,
      switches: options.apiSwitches,
      ...(parts.http.cors === undefined ? {} : { cors: parts.http.cors }),
      invoke: (arn, payload) => services.lambda.invoke(functionName(arn), payload),
      onFailure: ({ routeKey, reason }) => options.log(`${routeKey}: ${reason}`),
    }),
  );
  await runMappings(options, services, endpoint, parts.mappings, closing);
  runSchedules(options, services, parts.schedules, closing);
  watchAlarms(options, services, closing);
  deleteExpired(options, services, closing);
  return {
    awsUrl: endpoint.url,
    url: api.url,
    stack,
    secrets: services.secrets.values(),
    close: () => closing.disposeAsync(),
  };
}

/** Lets go of what the template keeps no longer: now, and every hour. */
function deleteExpired(
  { log }: CloudOptions,
  { kinesis, dynamodb, s3 }: Services,
  closing: AsyncDisposableStack,
): void {
  let running = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      await kinesis.trim();
      await dynamodb.deleteExpired(Date.now());
      s3.deleteExpired(Date.now());
    } catch (error) {
      log(`What has expired could not be deleted: ${error}`);
    }
  };
  const begin = (): void => {
    running = running.then(run);
  };
  begin();
  const trimming = setInterval(begin, trimIntervalMs);
  // The tables must not be closed under it.
  closing.defer(() => {
    clearInterval(trimming);
    return running;
  });
}

/** What the template asks to be run once all of it is there. */
class StackParts {
  readonly http = new HttpApiParts();
  readonly mappings: MappingSettings[] = [];
  readonly schedules: Schedule[] = [];
}

async function runStack(
  { assembly, stackName, log }: CloudOptions,
  services: Services,
  { url: AWS_ENDPOINT_URL }: AwsEndpoint,
  apiUrl: string,
  { http, mappings, schedules }: StackParts,
): Promise<RunningStack> {
  const directory = await assembly;
  const template = parseTemplate(JSON.parse(await readFile(join(directory, `${stackName}.template.json`), "utf8")));
  const assets = await readAssets(directory, stackName);
  const { kinesis, dynamodb, timestream, s3, lambda, secrets, alarms } = services;
  const provisioners: Record<string, Provisioner> = {
    "AWS::Kinesis::Stream": kinesisStream(kinesis, log),
    "AWS::DynamoDB::Table": dynamoDbTable(dynamodb),
    "AWS::Timestream::Database": timestreamDatabase(timestream),
    "AWS::Timestream::Table": timestreamTable(timestream),
    "AWS::S3::Bucket": s3Bucket(s3),
    "AWS::Lambda::Function": lambdaFunction(lambda, assets, { AWS_ENDPOINT_URL }),
    "AWS::Lambda::EventSourceMapping": eventSourceMapping(lambda, (mapping) => mappings.push(mapping)),
    "AWS::ApiGatewayV2::Api": http.api(apiUrl),
    "AWS::ApiGatewayV2::Stage": http.stage,
    "AWS::ApiGatewayV2::Integration": http.integration,
    "AWS::ApiGatewayV2::Route": http.route,
    "AWS::SecretsManager::Secret": secret(secrets, { region, accountId }),
    "AWS::Events::Rule": scheduleRule((schedule) => schedules.push(schedule)),
    "AWS::CloudWatch::Alarm": metricAlarm((alarm) => alarms.add(alarm)),
  };
  return runTemplate({ template, settings: { stackName, region, accountId }, provisioners });
}

const functionName = (arn: string): string => arn.split(":")[6] ?? arn;

async function runMappings(
  { dataDirectory, log, kinesisLimits }: CloudOptions,
  { kinesis, lambda, s3, metrics }: Services,
  endpoint: AwsEndpoint,
  mappings: readonly MappingSettings[],
  closing: AsyncDisposableStack,
): Promise<void> {
  const stop = new AbortController();
  const running: Promise<void>[] = [];
  for (const settings of mappings) {
    const streamName = settings.streamArn.split("/")[1] ?? "";
    const mapping = createMapping(
      settings,
      {
        clock: realClock,
        reader: kinesisReader({ endpoint: endpoint.url, streamName, now: Date.now }),
        invoke: (arn, payload) => lambda.invoke(functionName(arn), payload),
        destination: {
          put: async (bucket, key, body) => {
            await s3.put(bucket, key, Buffer.from(body), { "content-type": "application/json" });
          },
        },
        checkpoints: new CheckpointFile(join(dataDirectory, "checkpoints", `${settings.uuid}.json`)),
        metrics,
        random: Math.random,
        problem: log,
      },
      {
        pollIntervalMs: kinesisLimits ? pollIntervalMs.asInAws : pollIntervalMs.freely,
        streamRetentionHours: await retentionHours(kinesis, streamName),
      },
    );
    running.push(mapping.run(stop.signal).catch((error: unknown) => log(`The event source mapping ended: ${error}`)));
  }
  closing.defer(async () => {
    stop.abort();
    // A function that hangs would be waited for until its time limit.
    await Promise.all([...running, lambda.close()]);
  });
}

function runSchedules(
  { log }: CloudOptions,
  { lambda }: Services,
  schedules: readonly Schedule[],
  closing: AsyncDisposableStack,
): void {
  const stop = new AbortController();
  const invoke = (arn: string, payload: string) => lambda.invoke(functionName(arn), payload);
  const running = schedules.map((schedule) =>
    runSchedule(schedule, realClock, invoke, stop.signal).catch((error: unknown) =>
      log(`${schedule.name} ended: ${error}`),
    ),
  );
  closing.defer(async () => {
    stop.abort();
    await Promise.all([...running, lambda.close()]);
  });
}

async function retentionHours(kinesis: Services["kinesis"], StreamName: string): Promise<number> {
  const output = await kinesis.call("DescribeStreamSummary", { StreamName });
  const { StreamDescriptionSummary } = output as { StreamDescriptionSummary: { RetentionPeriodHours: number } };
  return StreamDescriptionSummary.RetentionPeriodHours;
}

function watchAlarms({ log }: CloudOptions, { alarms }: Services, closing: AsyncDisposableStack): void {
  const watching = setInterval(() => {
    for (const { state, settings } of alarms.check(Date.now()))
      log(`${state} ${settings.name}: ${settings.description}`);
  }, alarmIntervalMs);
  closing.defer(() => clearInterval(watching));
}

interface Api {
  readonly url: string;
  serve(listener: Parameters<typeof createServer>[1]): void;
  close(): Promise<void>;
}

function refuse(request: IncomingMessage, response: ServerResponse, message: string): void {
  request.resume();
  response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify({ message }));
}

/** Takes the API's port before anything else is made, so that a taken one is told at once. Until then it answers 503. */
async function listen(port: number, hosts: readonly string[]): Promise<Api> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let answer: Parameters<typeof createServer>[1];
  const server: Server = createServer((request, response) => {
    const refusal = hostRefusal(request.headers.host, hosts);
    if (refusal !== undefined) refuse(request, response, refusal);
    else if (request.url === "/healthz") response.writeHead(answer === undefined ? 503 : 200).end();
    else if (answer === undefined) response.writeHead(503, { "retry-after": "1" }).end();
    else answer(request, response);
  });
  server.once("error", (error) => reject(listenError(error, port, "127.0.0.1")));
  server.listen(port, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`,
    serve: (listener) => {
      answer = listener;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

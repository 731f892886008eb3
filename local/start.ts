import { spawn } from "node:child_process";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { names } from "../lib/names.ts";
import { type Cloud, startCloud } from "./cloud.ts";
import { sendDemoTraffic } from "./demo/traffic.ts";
import { PortTaken } from "./endpoint/port-taken.ts";
import { apiSwitchesWith } from "./http-api/switches.ts";
import type { LogLine } from "./lambda/lambda.ts";
import { deleteOldAssets } from "./template/assets.ts";
import { nothingToRun } from "./template/resources/not-run.ts";

const usage = `npm start -- [options]
  --port N          HTTP API and page, default 8787
  --host NAME       a name beside localhost by which the page is reached, such as a tunnel's; may be repeated
  --aws-port N      endpoint for every AWS SDK, default 4566
  --data-dir DIR    keeps everything that is stored, default .millrace
  --config FILE     the configuration, default millrace.config.ts
  --assembly DIR    runs a template that is synthesized already (cdk.out), as it is; --config is then in it
  --kinesis-limits  refuses reads of the stream as AWS does: five a second and 2 MiB a second a shard
  --switch NAME=SETTING  what the HTTP API does where AWS does not document it: encodedText=text destroys gzipped JSON
  --no-demo         sends no generated shop traffic`;

const top = resolve(import.meta.dirname, "..");

function options() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      host: { type: "string", multiple: true, default: [] },
      switch: { type: "string", multiple: true, default: [] },
      "aws-port": { type: "string", default: "4566" },
      "data-dir": { type: "string", default: ".millrace" },
      config: { type: "string" },
      assembly: { type: "string" },
      "kinesis-limits": { type: "boolean", default: false },
      "no-demo": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const port = (name: "port" | "aws-port"): number => {
    const number = Number(values[name]);
    if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
    throw new Error(`Expected --${name} to be a port from 0 to 65535, got ${values[name]}`);
  };
  return {
    port: port("port"),
    hosts: values.host.map((name) => name.toLowerCase()),
    apiSwitches: apiSwitchesWith(Object.fromEntries(values.switch.map((each) => each.split("=", 2)))),
    awsPort: port("aws-port"),
    dataDirectory: resolve(values["data-dir"]),
    config: values.config,
    assembly: values.assembly,
    kinesisLimits: values["kinesis-limits"],
    demo: !values["no-demo"],
    help: values.help,
  };
}

/**
 * Makes the data folder readable by its owner alone: it holds events, write keys and secrets. A folder that was there
 * before and holds something else keeps its mode; the umask covers what is written into it.
 */
async function ownDirectory(directory: string): Promise<void> {
  process.umask(0o077);
  await mkdir(directory, { recursive: true });
  const entries = await readdir(directory);
  if (entries.length === 0 || entries.includes("kinesis")) await chmod(directory, 0o700);
}

/** Runs the CDK app, as the `cdk` command does, and resolves to the folder of its template, without what it left there before. */
function synthesize(dataDirectory: string, config: string | undefined): Promise<string> {
  const directory = join(dataDirectory, "cdk.out");
  const { promise, resolve: done, reject } = Promise.withResolvers<string>();
  const app = spawn(process.execPath, [join(top, "infra/app.ts")], {
    env: {
      ...process.env,
      CDK_OUTDIR: directory,
      // Whether CloudFormation would take the template is asked by npm run synth; it takes as long as all the rest.
      CDK_VALIDATION: "false",
      ...(config === undefined ? {} : { MILLRACE_CONFIG: resolve(config) }),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  app.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = `${errors}${text}`.slice(-20_000);
  });
  // Of no use to anybody once this process ends.
  const end = (): void => void app.kill();
  process.once("exit", end);
  app.once("error", reject);
  app.once("close", (code) => {
    process.off("exit", end);
    if (code === 0) done(deleteOldAssets(directory, names.stack).then(() => directory));
    else reject(new Error(errors.trim() || `The CDK app ended with ${code}`));
  });
  return promise;
}

/** Functions log JSON lines; what Lambda says of itself is left out unless something went wrong. */
function logFunction({ functionName, stream, text }: LogLine): void {
  if (stream === "platform" || text.includes('"_aws"') || text.includes('"level":"INFO"')) return;
  process.stderr.write(`[${functionName}] ${text}\n`);
}

/** The sources that there are, each with its key where that is not its name. */
const writeKeys = (secrets: ReadonlyMap<string, string>): string[] =>
  [...secrets].flatMap(([name, key]) => {
    if (!name.startsWith(names.writeKeysPrefix)) return [];
    const source = name.slice(names.writeKeysPrefix.length);
    return [source === key ? key : `${source} (${key})`];
  });

function describe({ awsUrl, url, stack, secrets }: Cloud): string {
  const running = [...stack.resources.values()].filter(({ type }) => !stack.notRun.some((one) => one.type === type));
  const counts = Map.groupBy(running, ({ type }) => type);
  const lines = [...counts].map(([type, found]) => `  ${type}${found.length > 1 ? ` x ${found.length}` : ""}`);
  const surprises = stack.notRun.filter(({ type }) => !Object.hasOwn(nothingToRun, type));
  const sources = writeKeys(secrets);
  const keys = sources.length === 0 ? [] : [`Segment SDKs   host ${url}  write key ${sources.join(" or ")}`];
  const quiet = new Set(stack.notRun.map(({ type }) => type).filter((type) => Object.hasOwn(nothingToRun, type)));
  return [
    "Running from the CloudFormation template:",
    ...lines,
    ...[...quiet].map((type) => `  ${type}: nothing to run, ${nothingToRun[type]}`),
    ...surprises.map(({ logicalId, type }) => `  NOT RUN: ${logicalId} (${type})`),
    `Page and API   ${url}`,
    ...keys,
    `AWS endpoint   AWS_ENDPOINT_URL=${awsUrl}  stream ${names.stream}`,
    "               any credentials will do: AWS_ACCESS_KEY_ID=laptop AWS_SECRET_ACCESS_KEY=laptop",
    "               AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 (boto3 and the AWS CLI read the second)",
  ].join("\n");
}

async function main(): Promise<void> {
  const {
    port,
    hosts,
    apiSwitches,
    awsPort,
    dataDirectory,
    config,
    assembly: given,
    kinesisLimits,
    demo,
    help,
  } = options();
  if (help) return void process.stdout.write(`${usage}\n`);
  await ownDirectory(dataDirectory);
  const log = (text: string): void => void process.stderr.write(`${text}\n`);
  const assembly = given === undefined ? synthesize(dataDirectory, config) : Promise.resolve(resolve(given));
  // Awaited only after the services are open; it must not count as unhandled until then.
  assembly.catch(() => {});
  const cloud = await startCloud({
    assembly,
    stackName: names.stack,
    dataDirectory,
    awsPort,
    port,
    hosts,
    kinesisLimits,
    apiSwitches,
    logFunction,
    log,
  });
  const stop = new AbortController();
  const kinesis = new KinesisClient({
    endpoint: cloud.awsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "laptop", secretAccessKey: "laptop" },
  });
  const traffic = demo ? sendDemoTraffic(kinesis, names.stream, stop.signal) : Promise.resolve();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      stop.abort();
      void traffic.then(() => cloud.close()).then(() => process.exit(0));
    });
  }
  const traffics = demo ? "Demo traffic   generated shop visits, about 30 events a second (--no-demo for none)\n" : "";
  process.stdout.write(`${describe(cloud)}\n${traffics}ready\n`);
}

try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const option = error instanceof PortTaken ? ". Choose another with --port or --aws-port" : "";
  process.stderr.write(`millrace: ${message}${option}\n`);
  process.exit(1);
}

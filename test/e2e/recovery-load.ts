import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { names } from "../../lib/names.ts";
import { eventOf } from "../../lib/recovery/isolate/kinesis-event.ts";
import type { RedriveReport } from "../../lib/recovery/redrive/report.ts";
import type { SweepReport } from "../../lib/recovery/sweep.ts";
import { Assembly } from "./assembly.ts";
import { failureFile } from "./failure-file.ts";
import { Laptop } from "./laptop.ts";
import { manyOrders } from "./orders.ts";

export interface RecoveryLoad {
  readonly promises: number;
  readonly files: number;
  /** What sweep and redrive may have, the code of their processes included; over it they are killed. */
  readonly memoryMib: number;
  /** Processes of sweep, redrive and roll-up that are killed while they are at it, each up to a second after the other. */
  readonly kills: number;
}

export interface Recovered {
  /** In the promises and in the files. */
  readonly events: { readonly promised: number; readonly givenUp: number };
  readonly revenue: number;
  /** Slices that it took, and the most memory that was resident, in the first slice and in all. */
  readonly sweep: Slices;
  readonly redrive: Slices;
  readonly killed: number;
}

export interface Slices {
  readonly slices: number;
  readonly seconds: number;
  readonly firstMib: number;
  readonly highestMib: number;
}

const config = join(import.meta.dirname, "shop.config.ts");
/** With the three minutes that are kept back for the last invocation, a slice begins nothing more after 5 seconds. */
const sliceTimeoutSeconds = 200;
const promiseBytes = 500_000;
const fileBytes = 4 * 1024 * 1024;

/** Leaves promises and batches behind, and lets sweep and redrive at them until nothing is left. */
export async function recoverLoad({ promises, files, memoryMib, kills }: RecoveryLoad): Promise<Recovered> {
  await using assembly = await Assembly.of(config);
  for (const name of [names.sweep, names.redrive]) {
    await assembly.change("AWS::Lambda::Function", { MemorySize: memoryMib, Timeout: sliceTimeoutSeconds }, name);
  }
  // Nobody but sweep and redrive comes for the records.
  await assembly.change("AWS::Lambda::EventSourceMapping", { Enabled: false });
  await using laptop = await Laptop.start({ assembly: assembly.directory });
  const left = await laptop.run("test/e2e/leave-promises.ts", String(promises), String(promiseBytes));
  const recovered = new AbortController();
  const killing = kill(laptop, kills, recovered.signal);
  const sweep = await slices<SweepReport>(laptop, names.sweep, ({ open, kept }) => open === kept.length);
  const givenUp = await giveUp(laptop, files);
  const redrive = await slices<RedriveReport>(
    laptop,
    names.redrive,
    ({ complete, leftCount }) => complete && leftCount === 0,
  );
  recovered.abort();
  const killed = await killing;
  const { rows } = await laptop.get<{ rows: { value: number }[] }>("/v1/metrics/revenue?every=all");
  return { events: { promised: Number(left.output), givenUp }, revenue: rows[0]?.value ?? 0, sweep, redrive, killed };
}

/** How many it was until the signal came. */
async function kill(laptop: Laptop, kills: number, signal: AbortSignal): Promise<number> {
  let killed = 0;
  while (killed < kills && !signal.aborted) {
    await wait(Math.random() * 1_000);
    for (const name of [names.sweep, names.redrive, names.rollUp].filter(() => Math.random() < 0.5)) {
      killed += (await laptop.rehearse<{ killed: number[] }>(`functions/${name}/kill`)).killed.length;
    }
  }
  return killed;
}

/** Files of the size that Lambda's are at most, in a shard that the stream has forgotten. How many events they hold. */
async function giveUp(laptop: Laptop, files: number): Promise<number> {
  const s3 = new S3Client({ ...laptop.aws, forcePathStyle: true });
  const Bucket = (await s3.send(new ListBucketsCommand({}))).Buckets?.[0]?.Name;
  let events = 0;
  for (let file = 0; file < files; file++) {
    // In base64, and each quote escaped, they come to the size of the file.
    const orders = manyOrders(`file ${file}`, (fileBytes * 3) / 4);
    const records = orders.map((text, at) => ({
      sequenceNumber: `49590338271490256608559692538361571095921575${String(file * 1_000 + at).padStart(12, "0")}`,
      partitionKey: "ann",
      arrivalMs: Date.now(),
      data: Buffer.from(text),
    }));
    events += records.length;
    const batch = eventOf({ streamName: names.stream, shardId: "shardId-000000000007", records });
    await s3.send(new PutObjectCommand({ Bucket, ...failureFile(batch, String(file).padStart(5, "0")) }));
  }
  s3.destroy();
  return events;
}

async function slices<Report>(laptop: Laptop, name: string, isDone: (report: Report) => boolean): Promise<Slices> {
  const lambda = new LambdaClient({ ...laptop.aws, maxAttempts: 1 });
  const startedMs = performance.now();
  const highest: number[] = [];
  for (let done = false; !done; ) {
    const running = new AbortController();
    const watching = highestMib(laptop, name, running.signal);
    const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: name }));
    running.abort();
    highest.push(await watching);
    const text = Buffer.from(Payload ?? []).toString("utf8");
    const wasKilled = text.includes("signal: killed");
    if (FunctionError !== undefined && !wasKilled) throw new Error(`Expected a report of ${name}, got ${text}`);
    done = !wasKilled && isDone(JSON.parse(text) as Report);
  }
  lambda.destroy();
  const seconds = (performance.now() - startedMs) / 1_000;
  return { slices: highest.length, seconds, firstMib: highest[0] ?? 0, highestMib: Math.max(...highest) };
}

async function highestMib(laptop: Laptop, functionName: string, signal: AbortSignal): Promise<number> {
  let highest = 0;
  while (!signal.aborted) {
    for (const pid of await laptop.pidsOf(functionName)) {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      highest = Math.max(highest, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
    }
    await wait(100);
  }
  return Math.round(highest);
}

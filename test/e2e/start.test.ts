import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { compiled } from "../compiled.ts";
import { Laptop } from "./laptop.ts";

const config = join(import.meta.dirname, "shop.config.ts");
const start = join(import.meta.dirname, "../../local/start.ts");

async function failedStart(...parameters: string[]): Promise<{ code: unknown; errors: string }> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-"));
  const given = [start, ...parameters, "--data-dir", directory];
  const child = spawn(process.execPath, given, {
    env: { ...process.env, ...compiled },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  // What synthesizes the template may take a moment longer to end.
  await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  return { code, errors };
}

/** The statuses that many get who look at the same time; 429 is not shown, for it means to ask again. */
async function statusesOfLookers(url: string): Promise<Set<number>> {
  const looks = Array.from({ length: 40 }, (_, looker) => fetch(`${url}/v1/${looker % 2 === 0 ? "live" : "shards"}`));
  const statuses = (await Promise.all(looks)).map(({ status }) => status);
  return new Set(statuses.filter((status) => status !== 429));
}

/** What CloudWatch knows of reads that Kinesis refused. */
async function throttledReads(endpoint: string): Promise<unknown[]> {
  const credentials = { accessKeyId: "laptop", secretAccessKey: "laptop" };
  const client = new CloudWatchClient({ endpoint, region: "us-east-1", credentials });
  const MetricName = "ReadProvisionedThroughputExceeded";
  const { Metrics = [] } = await client.send(new ListMetricsCommand({ MetricName }));
  client.destroy();
  return Metrics;
}

interface Answer {
  readonly rows: readonly { readonly value: number }[];
}

describe("the laptop cloud", () => {
  test("shows its page, counts what is sent, and still has it after Ctrl-C and a new start", async () => {
    await using laptop = await Laptop.start({ config, more: ["--no-demo", "--kinesis-limits"] });
    expect((await fetch(`${laptop.url}/healthz`)).status).toBe(200);
    const page = await fetch(laptop.url);
    expect(page.headers.get("content-type")).toContain("text/html");
    const script = /src="(\/page\/[^"]+)"/.exec(await page.text())?.[1] ?? "";
    expect((await fetch(`${laptop.url}${script}`)).headers.get("content-type")).toContain("javascript");

    const order = { type: "track", event: "Order Completed", properties: { revenue: 12.5, currency: "EUR" } };
    await laptop.run("cli/millrace.ts", "send", JSON.stringify(order));
    await laptop.run("cli/millrace.ts", "send", JSON.stringify(order));
    await laptop.caughtUp();
    expect(await statusesOfLookers(laptop.url)).toEqual(new Set([200]));
    expect(await throttledReads(laptop.awsUrl)).toEqual([]);
    const revenue = async (on: Laptop): Promise<number | undefined> =>
      (await on.get<Answer>("/v1/metrics/revenue?every=all")).rows[0]?.value;
    expect(await revenue(laptop)).toBe(25);
    const printed = await laptop.run(
      "cli/millrace.ts",
      "query",
      "revenue",
      "--from",
      "-1h",
      "--every",
      "all",
      "--by",
      "currency",
      "--config",
      config,
    );
    expect(printed.output.split("\n").map((line) => line.split(/\s+/))).toEqual([
      ["currency", "value"],
      ["EUR", "25"],
      [""],
    ]);

    expect(await laptop.interrupt()).toBe(0);
    expect(await laptop.childrenLeft()).toEqual([]);
    await using again = await Laptop.start({ config, dataDirectory: laptop.dataDirectory });
    await again.run("cli/millrace.ts", "send", JSON.stringify(order));
    await again.caughtUp();
    expect(await revenue(again)).toBe(37.5);
  });

  test("leaves no process behind when it is killed", async () => {
    // Synthesizes its template itself, as a person has it.
    await using laptop = await Laptop.start({ more: ["--no-demo", "--config", config] });
    await laptop.run("cli/millrace.ts", "send", "Ping");
    await laptop.caughtUp();
    await laptop.kill();
    expect(await laptop.childrenLeft()).toEqual([]);
  });

  test.each(["--port", "--aws-port"])("says in one line that the port of %s is taken", async (option) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const other = option === "--port" ? "--aws-port" : "--port";
    const { code, errors } = await failedStart(option, String(port), other, "0");
    expect(code).toBe(1);
    expect(errors.trim().split("\n")).toEqual([expect.stringContaining(`port ${port}`)]);
    server.close();
  });

  test("says what is wrong with a configuration, and ends", async () => {
    const wrong = join(import.meta.dirname, "wrong.config.ts");
    const { code, errors } = await failedStart("--port", "0", "--aws-port", "0", "--config", wrong);
    expect(code).toBe(1);
    expect(errors).toContain("metrics.views.by.time: expected an alias");
  });
});

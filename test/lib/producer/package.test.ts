import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { TestStream } from "./stream.ts";

const run = promisify(execFile);
const top = resolve(import.meta.dirname, "../../..");
const tool = (name: string): string => join(top, "node_modules/.bin", name);
/** What a consumer installs beside us. */
const installed = ["@aws-sdk", "@smithy", "@types", "typescript"];

const sender = `
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { EventRefused, EventsNotTaken, Producer } from "millrace/producer";
import { count, defineConfig, track } from "millrace/config";

defineConfig({ metrics: { orders: { on: track("Order Completed"), measure: count() } } });
const client = new KinesisClient({
  endpoint: process.argv[2],
  region: "eu-west-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  requestHandler: new NodeHttpHandler(),
  maxAttempts: 1,
});
const producer = new Producer({ client, streamName: "events" });
producer.send({ type: "track", event: "Order Completed", messageId: "from " + process.version, userId: "ann" });
await producer.close({ timeoutMs: 10_000 });
client.destroy();
console.log(typeof EventRefused, typeof EventsNotTaken, JSON.stringify(producer.counters));
`;

const typed = `
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { type DropReason, EventRefused, EventsNotTaken, Producer, type ProducerOptions } from "millrace/producer";
import { count, defineConfig, page } from "millrace/config";

export const config = defineConfig({ metrics: { views: { on: page(), measure: count() } } });
const lost: [unknown, DropReason["code"]][] = [];
const options: ProducerOptions = {
  client: new KinesisClient({}),
  streamName: "millrace-events",
  onDrop: (events, { code }) => lost.push([events[0]?.messageId, code]),
};
const producer = new Producer(options);
const room: Promise<void> | undefined = producer.send({ type: "page" });
await room;
await producer.flush({ deadlineMs: 2_000 }).catch((error: unknown) => {
  if (error instanceof EventsNotTaken) return error.drops.flatMap((drop) => drop.events);
  throw error instanceof EventRefused ? error.code : error;
});
await using other = new Producer(options);
// @ts-expect-error: an option that there is not
new Producer({ ...options, linger: 5 });
// @ts-expect-error: an event is an object
other.send("Order Completed");
`;

let folder: string;
let stream: TestStream;

/** Builds and packs as for publishing, and installs the package for a project beside it, as npm would. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-package-"));
  const source = join(folder, "source");
  const modules = join(folder, "project/node_modules");
  await mkdir(source);
  await mkdir(join(modules, "millrace"), { recursive: true });
  await writeFile(join(source, "package.json"), JSON.stringify(manifest));
  const [built] = await Promise.all([
    run(tool("tsc"), ["-p", join(top, "lib/tsconfig.dist.json"), "--outDir", join(source, "dist")]),
    TestStream.open(1).then((opened) => {
      stream = opened;
    }),
  ]);
  expect(built.stdout).toBe("");
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: source });
  const packed = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "";
  await run("tar", ["-xzf", join(folder, packed), "--strip-components=1", "-C", join(modules, "millrace")]);
  for (const name of installed) await symlink(join(top, "node_modules", name), join(modules, name));
  await writeFile(join(folder, "project/package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "project/sender.js"), sender);
  await writeFile(join(folder, "project/typed.ts"), typed);
});
afterAll(async () => {
  await stream.close();
  await rm(folder, { recursive: true });
});

/** This Node, and others on the path. */
const onPath = (process.env.PATH ?? "").split(delimiter).map((directory) => join(directory, "node"));
const nodes = new Set(
  [process.execPath, ...onPath].filter((file) => existsSync(file)).map((file) => realpathSync(file)),
);

describe("the package, built, packed and installed", () => {
  it.each([...nodes])("sends events from plain JavaScript with %s", async (node) => {
    const { stdout: version } = await run(node, ["--version"]);
    const { stdout } = await run(node, ["sender.js", stream.endpoint], { cwd: join(folder, "project") });
    expect(stdout).toMatch(/^function function .*"taken":1,"notTaken":0/);
    const ids = (await stream.records()).flatMap(({ events }) => events.map(({ messageId }) => messageId));
    expect(ids).toContain(`from ${version.trim()}`);
  });

  it("has types that a strict project checks against", async () => {
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node"];
    const checked = await run(tool("tsc"), [...flags, "--lib", "es2022,esnext.disposable", "typed.ts"], {
      cwd: join(folder, "project"),
    }).catch((failure: { stdout: string }) => failure);
    expect(checked.stdout).toBe("");
  });
});

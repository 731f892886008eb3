import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { TestStream } from "./stream.ts";

it("sends what it holds when a server closes it on SIGTERM, and does not keep the process", async () => {
  const stream = await TestStream.open(2);
  const server = spawn(process.execPath, [join(import.meta.dirname, "server.ts"), stream.endpoint], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const exited = once(server, "exit");
  for await (const line of createInterface(server.stdout)) {
    lines.push(line);
    if (line === "ready") server.kill("SIGTERM");
  }
  expect(await exited).toEqual([0, null]);
  const { sent, taken } = JSON.parse(lines.at(-1) ?? "") as Record<string, number>;
  const ids = (await stream.records()).flatMap(({ events }) => events.map(({ messageId }) => messageId));
  expect(sent).toBeGreaterThanOrEqual(500);
  expect(taken).toBe(sent);
  expect(ids.toSorted()).toEqual(Array.from({ length: sent ?? 0 }, (_, index) => `page-${index}`).toSorted());
  await stream.close();
});

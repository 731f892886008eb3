import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { QuarantineAnswer } from "../../lib/quarantine/answer.ts";
import type { ReplayReport } from "../../lib/replay/report.ts";
import { Laptop } from "./laptop.ts";

const config = join(import.meta.dirname, "collect.config.ts");

let laptop: Laptop;
beforeAll(async () => {
  laptop = await Laptop.start({ config });
});
afterAll(() => laptop[Symbol.asyncDispose]());

const quarantine = (...parameters: string[]) => laptop.run("cli/millrace.ts", "quarantine", ...parameters);
const replay = async (...parameters: string[]): Promise<ReplayReport> => {
  const { output } = await quarantine("replay", ...parameters, "--config", config, "--json");
  return JSON.parse(output) as ReplayReport;
};
async function orders(): Promise<unknown> {
  await laptop.caughtUp();
  const { rows } = await laptop.get<{ rows: { value: number }[] }>("/v1/metrics/orders?every=all");
  return rows[0]?.value ?? 0;
}

test("orders that broke the plan are found, read, mended and counted, once however often they are replayed", async () => {
  const message = (order: number) => ({
    type: "track",
    event: "Order Completed",
    messageId: `order-${order}`,
    userId: `person ${order}`,
    properties: { revenue: order === 0 ? "12.50" : order },
  });
  const body = JSON.stringify({ writeKey: "server-key", batch: [0, 1].map(message) });
  expect((await fetch(`${laptop.url}/v1/batch`, { method: "POST", body })).status).toBe(200);
  expect(await orders()).toBe(1);

  const { entries, byReason } = await laptop.get<QuarantineAnswer>("/v1/quarantine?from=-1h");
  expect(byReason).toEqual([{ value: "plan", events: 1 }]);
  expect(entries).toMatchObject([{ event: "Order Completed", source: "server", messageId: "order-0", settled: true }]);
  const id = entries[0]?.id ?? "";
  const [list, show] = await Promise.all([
    quarantine("list", "--where", "reason=plan", "--from", "-1h"),
    quarantine("show", id),
  ]);
  expect(list.output).toContain(id);
  expect(JSON.parse(show.output)).toMatchObject({ messageId: "order-0", properties: { revenue: "12.50" } });
  expect(show.errors).toContain("plan: properties.revenue: expected number (type)");

  const which = ["--where", "reason=plan", "--where", "event=Order Completed"];
  const unmended = await replay(...which, "--dry-run");
  expect(unmended).toMatchObject({ events: 1, outcomes: { sent: 0, refused: 1 }, refusals: [{ reason: "plan" }] });
  const patch = join(laptop.dataDirectory, "patch.json");
  await writeFile(patch, '{"properties":{"revenue":12.5}}');
  const mended = [...which, "--patch", patch];
  expect(await replay(...mended, "--dry-run")).toMatchObject({
    outcomes: { sent: 1 },
    preview: { metrics: { orders: 1 } },
  });
  expect(await orders()).toBe(1);
  expect(await replay(...mended)).toMatchObject({ outcomes: { sent: 1 } });
  expect(await orders()).toBe(2);
  expect(await replay(...mended)).toMatchObject({ outcomes: { sent: 0, replayed: 1 } });
  expect(await replay(id, "--patch", patch)).toMatchObject({ outcomes: { sent: 0, replayed: 1 } });
  expect(await orders()).toBe(2);
});

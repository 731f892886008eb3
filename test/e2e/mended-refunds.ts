import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { QuarantineAnswer } from "../../lib/query/quarantine/answer.ts";
import type { ReplayReport } from "../../lib/recovery/resend/report.ts";
import type { Laptop } from "./laptop.ts";

const which = ["--where", "reason=plan", "--where", "event=Refund Made"];

/** Refunds of which one breaks the plan: it is found, read, mended and counted, once however often it is replayed. */
export async function mendRefunds(laptop: Laptop, config: string): Promise<void> {
  const quarantine = (...parameters: string[]) => laptop.run("cli/millrace.ts", "quarantine", ...parameters);
  const replay = async (...parameters: string[]): Promise<ReplayReport> => {
    const { output } = await quarantine("replay", ...parameters, "--config", config, "--format", "json");
    return JSON.parse(output) as ReplayReport;
  };
  const refunds = async (): Promise<unknown> => {
    await laptop.caughtUp();
    const { rows } = await laptop.get<{ rows: { value: number }[] }>("/v1/metrics/refunds?every=all");
    return rows[0]?.value ?? 0;
  };

  const message = (refund: number) => ({
    type: "track",
    event: "Refund Made",
    messageId: `refund-${refund}`,
    userId: `person ${refund}`,
    properties: { revenue: refund === 0 ? "12.50" : refund },
  });
  const body = JSON.stringify({ writeKey: "server-key", batch: [0, 1].map(message) });
  expect((await fetch(`${laptop.url}/v1/batch`, { method: "POST", body })).status).toBe(200);
  expect(await refunds()).toBe(1);

  const { entries, byReason } = await laptop.get<QuarantineAnswer>("/v1/quarantine?from=-1h&event=Refund%20Made");
  expect(byReason).toEqual([{ value: "plan", events: 1 }]);
  expect(entries).toMatchObject([{ event: "Refund Made", source: "server", messageId: "refund-0", settled: true }]);
  const id = entries[0]?.id ?? "";
  const [list, show] = await Promise.all([quarantine("list", ...which, "--from", "-1h"), quarantine("show", id)]);
  expect(list.output).toContain(id);
  expect(JSON.parse(show.output)).toMatchObject({ messageId: "refund-0", properties: { revenue: "12.50" } });
  expect(show.errors).toContain("plan: properties.revenue: expected number (type)");

  const unmended = await replay(...which, "--dry-run");
  expect(unmended).toMatchObject({ events: 1, outcomes: { sent: 0, refused: 1 }, refusals: [{ reason: "plan" }] });
  const patch = join(laptop.dataDirectory, "patch.json");
  await writeFile(patch, '{"properties":{"revenue":12.5}}');
  const mended = [...which, "--patch", patch];
  expect(await replay(...mended, "--dry-run")).toMatchObject({
    outcomes: { sent: 1 },
    preview: { metrics: { refunds: 1 } },
  });
  expect(await refunds()).toBe(1);
  expect(await replay(...mended)).toMatchObject({ outcomes: { sent: 1 } });
  expect(await refunds()).toBe(2);
  expect(await replay(...mended)).toMatchObject({ outcomes: { sent: 0, replayed: 1 } });
  expect(await replay(id, "--patch", patch)).toMatchObject({ outcomes: { sent: 0, replayed: 1 } });
  expect(await refunds()).toBe(2);
}

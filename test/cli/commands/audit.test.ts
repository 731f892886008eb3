import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { auditText, runAudit } from "../../../cli/commands/audit.ts";
import type { AuditReport } from "../../../lib/audit/audit.ts";
import { AuditRig, committed, minuteMs, shard } from "../../lib/audit/rig.ts";

const rigOf = (): AuditRig => {
  const rig = new AuditRig();
  rig.addMany(60);
  return rig;
};

describe("the text of an audit", () => {
  test("begins with nothing wrong where nothing is, and says the sums", async () => {
    const lines = auditText(await rigOf().audit()).split("\n");
    expect(lines[0]).toBe("nothing wrong");
    expect(lines).toContain("480 events: 480 counted, 0 duplicate, 0 quarantined, 0 late");
    expect(lines).toContain("240 records in these parts, 240 in the stream");
  });

  test("has a block for each finding: what, how much, where, why, and the command", async () => {
    const rig = rigOf();
    rig.ledger.table.putPart(shard, committed(2, { counted: 7 }));
    rig.open(70, { openedMs: rig.nowMs - 40 * minuteMs });
    const text = auditText(await rig.audit());
    expect(text).toMatch(/^2 findings\n\ntally: 1 events\n {2}shardId-000000000000, part part-2, records 1000020 to /);
    expect(text).toContain("  Expected 8 events to be counted, duplicate, quarantined or late, got 7\n");
    expect(text).toContain("open: 8 events\n");
    expect(text).toContain("  npx millrace sweep\n");
  });

  test("says how many more there are, and what was not looked at", async () => {
    const rig = rigOf();
    const parts = rig.ledger.parts.get(shard) ?? [];
    for (const part of parts) rig.ledger.table.putPart(shard, { ...part, counted: 7, doubled: 1 });
    const text = auditText(await rig.audit({ deadlineMs: rig.nowMs + 100_000 }));
    expect(text).toContain("and 20 more: tally 60, doubled 60");
    expect(text).toContain("not complete:\n  Rows were not all compared with the store: no time left");
    const nothing = auditText(await rigOf().audit({ deadlineMs: 0 }));
    expect(nothing).toMatch(/^nothing wrong in what was looked at\n/);
  });
});

describe("millrace audit", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    process.exitCode = 0;
  });

  /** What the command asks, prints and exits with, where the function answers so. */
  async function run(report: AuditReport, ...parameters: string[]) {
    let asked = "";
    const server = createServer((request, response) => {
      request.on("data", (chunk) => {
        asked += String(chunk);
      });
      request.on("end", () => response.end(JSON.stringify(report)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const name of ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "us-east-1");
    let printed = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    process.exitCode = 0;
    await runAudit(parameters).finally(() => server.close());
    const { exitCode } = process;
    return { event: JSON.parse(asked) as Record<string, string>, printed, exitCode };
  }

  test("asks the function for a range, and exits with 0 where nothing is wrong", async () => {
    const { event, printed, exitCode } = await run(
      await rigOf().audit(),
      "--from",
      "-2h",
      "--to",
      "-1h",
      "--rows",
      "all",
    );
    expect(Date.parse(event.to ?? "") - Date.parse(event.from ?? "")).toBe(3_600_000);
    expect(event.rows).toBe("all");
    expect(event).not.toHaveProperty("publish");
    expect(printed).toMatch(/^nothing wrong\n/);
    expect(exitCode).toBe(0);
  });

  test("exits with 1 where something is wrong, and prints the report as JSON where asked", async () => {
    const rig = rigOf();
    rig.incoming = () => 1_000;
    const report = await rig.audit();
    const { event, printed, exitCode } = await run(report, "--format", "json");
    expect(event.rows).toBe("sample");
    expect(JSON.parse(printed)).toEqual(report);
    expect(exitCode).toBe(1);
  });

  test("asks nobody where the range cannot be", async () => {
    await expect(runAudit(["--from", "-15d"])).rejects.toThrow("from: expected a time of the last 14 days");
    await expect(runAudit(["--rows", "some"])).rejects.toThrow("rows: expected one of");
  });
});

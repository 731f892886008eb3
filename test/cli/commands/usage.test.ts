import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runAudit } from "../../../cli/commands/audit.ts";
import { runGaps } from "../../../cli/commands/gaps.ts";
import { runQuarantine } from "../../../cli/commands/quarantine.ts";
import { query } from "../../../cli/commands/query.ts";
import { runRedrive } from "../../../cli/commands/redrive.ts";
import { rehearse } from "../../../cli/commands/rehearse.ts";
import { replayFile } from "../../../cli/commands/replay.ts";
import { send } from "../../../cli/commands/send.ts";
import { runSkip } from "../../../cli/commands/skip.ts";
import { runSweep } from "../../../cli/commands/sweep.ts";
import { runWhy } from "../../../cli/commands/why.ts";
import { ran } from "../ran.ts";

type Run = (parameters: readonly string[]) => Promise<void>;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-usage-"));
  await writeFile(join(folder, "list.json"), "[1]");
  // Nothing listens there: whoever asks before it has read its parameters fails with something else.
  vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe("what a command cannot do it says before it asks anybody", () => {
  test.each<[command: string, run: Run, parameters: string, message: string]>([
    ["audit", runAudit, "--format xml", "Expected --format table|json, got xml"],
    ["gaps", runGaps, "--from soon", "Expected --from to be a time such as -2h, got soon"],
    ["gaps", runGaps, "--to later", "Expected --to to be a time such as -2h, got later"],
    ["gaps", runGaps, "--from -1h --to -2h", "Expected --from before --to, got -1h and -2h"],
    ["gaps", runGaps, "--format xml", "Expected --format table|json, got xml"],
    ["query", query, "--format xml", "Expected --format table|csv|json, got xml"],
    ["query", query, "orders revenue", "Expected one metric, got orders, revenue"],
    ["query", query, "nothing", "metric: expected one of"],
    ["quarantine", runQuarantine, "", "Expected one of list, show, replay, got none"],
    ["quarantine", runQuarantine, "empty", "Expected one of list, show, replay, got empty"],
    ["quarantine", runQuarantine, "list id", "Expected --where to choose events, got id"],
    ["quarantine", runQuarantine, "list --dry-run", "Expected no --dry-run with quarantine list"],
    ["quarantine", runQuarantine, "list --where colour=red", "Expected --where reason=VALUE, event=VALUE or source="],
    ["quarantine", runQuarantine, "show", "Expected one ID, got 0"],
    ["quarantine", runQuarantine, "show a b", "Expected one ID, got 2"],
    ["quarantine", runQuarantine, "show --limit 5 a", "Expected no --limit with quarantine show"],
    ["quarantine", runQuarantine, "replay", "Expected IDs, or --where reason=..., event=... or source=... to choose"],
    ["quarantine", runQuarantine, "replay a --from -1d", "Expected IDs or --where, --from and --to, got both"],
    [
      "quarantine",
      runQuarantine,
      "replay a --limit 0",
      "Expected --limit to be a whole number from 1 to 100000, got 0",
    ],
    ["quarantine", runQuarantine, "replay a --patch no.json", "Expected a patch in no.json, got none"],
    ["quarantine", runQuarantine, "replay a --patch FOLDER/list.json", "list.json to be a JSON object, a merge patch"],
    ["redrive", runRedrive, "--format xml", "Expected --format table|json, got xml"],
    ["redrive", runRedrive, "--write-off", "Unknown option '--write-off'"],
    ["rehearse", rehearse, "", "Expected SERVICE or FUNCTION and what becomes of it, got nothing"],
    ["rehearse", rehearse, "s3 errors now", "Expected SERVICE or FUNCTION and what becomes of it, got s3 errors now"],
    ["rehearse", rehearse, "s3 errors --for ever", "Expected --for to be a duration such as 30s, got ever"],
    ["replay", replayFile, "", "Expected one FILE, got 0"],
    ["replay", replayFile, "a.csv b.csv", "Expected one FILE, got 2"],
    ["replay", replayFile, "a.csv --speed 0", 'Expected --speed to be a positive number or "max", got 0'],
    ["send", send, "Paid Refunded", "Expected one event, got 2. Put JSON in quotes"],
    ["send", send, "{type", "Expected a JSON object or the name of an event, got {type"],
    ["send", send, '{"type":"click"}', "This would go to quarantine: "],
    ["skip", runSkip, "", "Expected SHARD such as shardId-000000000000, got none"],
    ["skip", runSkip, "shard-1 1", "Expected SHARD such as shardId-000000000000, got shard-1"],
    ["skip", runSkip, "shardId-1", "Expected SEQUENCE to be a decimal number, got none"],
    ["skip", runSkip, "shardId-1 007", "Expected SEQUENCE to be a decimal number, got 007"],
    ["skip", runSkip, "shardId-1 1 2", "Expected one SHARD and one SEQUENCE, got shardId-1 1 2"],
    ["sweep", runSweep, "--format xml", "Expected --format table|json, got xml"],
    ["why", runWhy, "", "Expected one MESSAGE_ID, got none"],
    ["why", runWhy, "a b", "Expected one MESSAGE_ID, got a b"],
    ["why", runWhy, "a --from -90d", "from: expected"],
  ])("%s %s", async (...row) => {
    const [, run, parameters, message] = row;
    const given = parameters
      .replace("FOLDER", folder)
      .split(" ")
      .filter((text) => text !== "");
    await expect(ran(run, ...given)).rejects.toThrow(message);
  });
});

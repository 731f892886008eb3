import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runQuarantine } from "../../../cli/commands/quarantine.ts";
import { listText, placeText, replayText } from "../../../cli/quarantine-text.ts";
import type { ListedEntry, QuarantineAnswer } from "../../../lib/query/quarantine/answer.ts";
import { emptyPreview } from "../../../lib/recovery/isolate/preview.ts";
import { ReplayTally } from "../../../lib/recovery/resend/report.ts";

const entry: ListedEntry = {
  id: "2026-01-31T1200.shardId-000000000000.ab.5.0",
  reason: "plan",
  detail: `properties.revenue: expected number (type)\u001b[31m${"; and more".repeat(10)}`,
  event: "Order Completed",
  source: null,
  messageId: "m1",
  arrival: "2026-01-31T12:00:00.000Z",
  timestamp: null,
  settled: false,
};
const answer: QuarantineAnswer = {
  from: "2026-01-30T12:00:00.000Z",
  to: "2026-01-31T12:00:00.000Z",
  events: 7,
  byReason: [{ value: "plan", events: 7 }],
  byEvent: [{ value: "Order Completed", events: 7 }],
  bySource: [{ value: null, events: 7 }],
  entries: [entry],
  complete: false,
  next: "abc",
};

test("a list has counts and a row for each event, marks what is not settled, and says where it goes on", () => {
  const lines = listText(answer).split("\n");
  expect(lines[0]).toBe("7 or more events from 2026-01-30T12:00:00.000Z to 2026-01-31T12:00:00.000Z");
  expect(lines).toContain("plan         7");
  expect(lines).toContain("(none)       7");
  const row = lines.find((line) => line.endsWith(entry.id));
  expect(row).toMatch(/^2026-01-31T12:00:00.000Z {2}plan\* {3}Order Completed {10}properties\.revenue: expected/);
  expect(row).not.toContain("\u001b");
  expect(lines.at(-2)).toBe("There is more: --next abc");
});

test("an event's place has all that is needed to find it in the stream", () => {
  const text = placeText({
    ...entry,
    shardId: "shardId-000000000000",
    sequenceNumber: "5",
    partitionKey: "ann",
    index: 0,
    part: "ab",
    text: "{}",
    record: "e30=",
  });
  expect(text).toContain("shardId-000000000000, record 5, event 0 of the record, arrived 2026-01-31T12:00:00.000Z");
  expect(text).toContain("part ab, not committed");
});

test("a replay says what became of the events, what would be refused and why, and what is added", () => {
  const tally = new ReplayTally();
  tally.events = 4;
  tally.outcomes.sent = 2;
  tally.outcomes.replayed = 1;
  tally.refuse(entry.id, { reason: "plan", detail: "properties.revenue: expected number (type)" });
  const minute = Date.UTC(2026, 0, 31, 12);
  tally.preview = { ...emptyPreview, counted: 2, firstBucketMs: minute, lastBucketMs: minute, metrics: { orders: 2 } };
  const text = replayText(tally.report(true));
  expect(text).toContain("4 events of quarantine\n  2 would be sent\n  1 replayed before\n  1 would be refused again");
  expect(text).toContain(`1 plan: properties.revenue: expected number (type) (such as ${entry.id})`);
  expect(text).toContain(
    "Minutes 2026-01-31T12:00:00.000Z to 2026-01-31T12:00:00.000Z\nmetric  events\norders       2\n",
  );
  tally.doubt("an earlier replay may be under way");
  expect(replayText(tally.report(false))).toContain("In doubt: an earlier replay may be under way. Run it again later");
});

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-patch-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test.each([
  ["nothing", [], "Expected one of list, show, replay, got none"],
  ["another command", ["lost"], "Expected one of list, show, replay, got lost"],
  ["an option of another command", ["list", "--dry-run"], "Expected no --dry-run with quarantine list"],
  ["an unknown condition", ["list", "--where", "shop=x"], "Expected --where reason=VALUE, event=VALUE or source=VALUE"],
  ["an unknown reason", ["list", "--where", "reason=x"], "reason: expected one of unreadable"],
  ["no choice at all", ["replay"], "Expected IDs, or --where"],
  ["both choices", ["replay", entry.id, "--from", "-1h"], "Expected IDs or --where, --from and --to, got both"],
  ["no patch", ["replay", entry.id, "--patch", "/nowhere/patch.json"], "Expected a patch in /nowhere/patch.json"],
  ["too high a limit", ["replay", entry.id, "--limit", "100001"], "from 1 to 100000"],
])("%s is a mistake that is said before anything is asked", async (_, parameters, message) => {
  await expect(runQuarantine(parameters)).rejects.toThrow(message);
});

test("a patch that is no object is one, too", async () => {
  for (const [name, text] of [
    ["list.json", "[1]"],
    ["broken.json", "{"],
  ] as const) {
    await writeFile(join(directory, name), text);
    await expect(runQuarantine(["replay", entry.id, "--patch", join(directory, name)])).rejects.toThrow("RFC 7396");
  }
});

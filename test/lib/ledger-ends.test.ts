import { expect, test } from "vitest";
import { DynamoAuditLog } from "../../lib/audit/dynamodb-log.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { count, track } from "../../lib/config.ts";
import { DynamoReplayMarks } from "../../lib/recovery/resend/dynamodb-marks.ts";
import { baseMs, ReplayRig, streamName } from "./recovery/resend/rig.ts";

/** Kinds of items in the ledger's table that stay for as long as what they are of. */
const withoutEnd = ["head of a shard", "key of the message ids", "shard in the list"];

test("every item of the ledger has an end but for those of the shards that there are, and the key of the ids", async () => {
  const rig = new ReplayRig(definitionsOf({ metrics: { all: { on: track(), measure: count() } } }));
  rig.put([
    { type: "track", event: "x", timestamp: new Date(baseMs).toISOString(), messageId: "m", userId: "a" },
    { type: "track", event: "x", timestamp: new Date(baseMs).toISOString(), messageId: "n", userId: "b" },
  ]);
  await rig.rollUp();
  const { table } = rig.ledger;
  const client = table.client();
  const { name } = table.settings;
  await new DynamoAuditLog(client, name, streamName).write("hourly", { throughMs: 1 } as never);
  const mark = { attempt: 1, of: 0, state: "sent", entry: "e", patch: "p", untilMs: baseMs } as const;
  await new DynamoReplayMarks(client, name).move({ messageId: "m", source: "web" } as never, undefined, mark);

  const kinds = new Set<string>();
  const endless = new Set<string>();
  for (const [partition, { items }] of table.partitions) {
    for (const [sort, { expiresMs }] of items) {
      const kind = kindOf(partition, sort);
      kinds.add(kind);
      if (expiresMs === Number.POSITIVE_INFINITY) endless.add(kind);
    }
  }
  expect([...kinds].sort()).toEqual(
    [...withoutEnd, "definitions", "ids of a part", "mark of a resent event", "part", "place of an audit"].sort(),
  );
  expect([...endless].sort()).toEqual(withoutEnd);
});

function kindOf(partition: string, sort: string): string {
  if (partition.startsWith("shards/")) return "shard in the list";
  if (partition.startsWith("definitions/")) return "definitions";
  if (partition.startsWith("audits/")) return "place of an audit";
  if (partition.startsWith("replayed/")) return "mark of a resent event";
  if (partition === "message-key") return "key of the message ids";
  const [kind = ""] = sort.split("#");
  return { head: "head of a shard", part: "part", ids: "ids of a part" }[kind] ?? `${partition} ${sort}`;
}

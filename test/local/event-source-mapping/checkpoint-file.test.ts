import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Checkpoint } from "../../../local/event-source-mapping/checkpoint.ts";
import { CheckpointFile } from "../../../local/event-source-mapping/checkpoint-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "checkpoints-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("checkpoints are there again after a restart; of too many, the shards that ended first are forgotten", async () => {
  const file = join(directory, "mapping", "places.json");
  const checkpoints = new CheckpointFile(file, 3);
  const now = { kind: "at-timestamp", ms: 5 } as const;
  await checkpoints.save("*", now);
  const after = (sequenceNumber: string) => ({ kind: "after", sequenceNumber }) as const;
  await checkpoints.save("shardId-0", after("1"));
  await checkpoints.save("shardId-1", after("2"));
  await checkpoints.save("shardId-1", { kind: "ended" });
  await checkpoints.save("shardId-0", { kind: "ended" });
  await checkpoints.save("shardId-2", after("3"));
  await checkpoints.save("shardId-3", after("4"));
  // All that is left is still read: nothing more is forgotten.
  await checkpoints.save("shardId-4", after("5"));
  expect(await new CheckpointFile(file).load()).toEqual(
    new Map<string, Checkpoint>([
      ["*", now],
      ["shardId-2", after("3")],
      ["shardId-3", after("4")],
      ["shardId-4", after("5")],
    ]),
  );
});

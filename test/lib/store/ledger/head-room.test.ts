import { expect, test } from "vitest";
import { checkRoom, HeadFull, headBytes, headBytesMax } from "../../../../lib/store/ledger/head-room.ts";
import { newHead, type OpenPart } from "../../../../lib/store/ledger/ledger.ts";
import { committed } from "../../audit/rig.ts";

const shard = "events/shardId-1";
const open = (definitions: readonly string[]): OpenPart => ({ ...committed(1), definitions, openedMs: 0 });

test("a head has as many bytes as its JSON with the names of its parts packed", () => {
  const marks = Array.from({ length: 50 }, (_, index) => `${1_000 + index}`).join();
  const once = headBytes({ ...newHead, open: [open([`a1,${marks}`])] });
  const often = headBytes({ ...newHead, open: [open(Array(10).fill(`a1,${marks}`))] });
  expect(once).toBe(Buffer.byteLength(JSON.stringify({ ...newHead, open: [open([`a1,${marks}`])] })));
  // Each takeover costs its short name, and not the records that are skipped once more.
  expect(often - once).toBe(9 * '"a1+",'.length);
});

test("a head takes parts up to its last byte, and then says that it is full and what to do", () => {
  const spare = headBytesMax - headBytes({ ...newHead, ancestors: [""] });
  const full = { ...newHead, ancestors: ["x".repeat(spare)] };
  checkRoom(shard, full);
  const over = { ...full, open: [open(["a1"])] };
  const failure = (): void => checkRoom(shard, over);
  expect(failure).toThrow(HeadFull);
  expect(failure).toThrow(
    `Expected the head of ${shard} to have at most ${headBytesMax} bytes, got ${headBytes(over)} with 1 open parts: they have to be swept first`,
  );
  expect(() => checkRoom(shard, { ...newHead, ancestors: ["x".repeat(spare + 1)] })).toThrow("with 0 open parts");
  expect(new HeadFull(shard, over, 1).name).toBe("HeadFull");
});

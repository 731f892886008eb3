import { expect, test } from "vitest";
import { whyText } from "../../../cli/commands/why.ts";
import { WhyRig } from "../../lib/query/why/rig.ts";
import { recordOf, sold } from "../../lib/roll-up/world.ts";

test("the answer has a title for each copy, and each sentence what it rests on", async () => {
  const rig = new WhyRig([recordOf(0, [sold(1)]), recordOf(1, [sold(1)])]);
  await rig.world.invoke(0, 2);
  const lines = whyText(await rig.why("m1")).split("\n");
  expect(lines[1]).toBe("Accepted 2 times: 1 counted, 1 duplicate.");
  expect(lines.filter((line) => /^\d\. /.test(line))).toEqual([
    expect.stringMatching(/^1\. COUNTED: track "Sold", record 4959000000, event 0 of shardId-0+$/),
    expect.stringMatching(/^2\. DUPLICATE: track "Sold", record 4959000007/),
  ]);
  const sentences = lines.filter((line) => line.startsWith("   ") && !line.trim().startsWith("("));
  const grounds = lines.filter((line) => line.startsWith("     ("));
  expect(grounds.length).toBe(sentences.length);
});

test("what was never accepted is said to be not found, and what is not looked at is named", async () => {
  const rig = new WhyRig([recordOf(0, [sold(1)])]);
  await rig.world.invoke(0, 1);
  expect(whyText(await rig.why("nobody"))).toMatch(/Not found: [\s\S]*millrace audit/);
});

test("a terminal is told nothing by what a sender wrote", async () => {
  const type = "\u001b[31mred\u001b]0;title\u0007";
  const rig = new WhyRig([
    recordOf(0, [{ ...sold(1), type }]),
    recordOf(1, [{ ...sold(1), event: "a\u009b1m\u202eb" }]),
  ]);
  await rig.world.invoke(0, 2);
  const text = whyText(await rig.why("m1"));
  expect(text).toContain("\ufffd[31mred");
  expect(text).toContain("a\ufffd1m\ufffdb");
});

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { RejectedRecordsException, type WriteRecordsCommandInput } from "@aws-sdk/client-timestream-write";
import { beforeAll, describe, expect, test } from "vitest";
import { compiled } from "../compiled.ts";
import { breaks } from "./breaks.ts";
import { SimulatedClock } from "./clock.ts";
import { storeDefaults } from "./store-switches.ts";
import { TimestreamTable } from "./timestream-table.ts";

/** Half a minute of work, and a machine that does other things beside it. */
const timeout = 180_000;
const top = join(import.meta.dirname, "../..");

/** Runs the command as a person does: it replaces clocks and loads broken copies, which is best done in its own process. */
async function simulate(...parameters: string[]): Promise<{ code: number; output: string }> {
  const node = join(top, "node_modules/.bin/node");
  try {
    const { stdout } = await promisify(execFile)(node, ["test/simulation/simulate.ts", ...parameters], {
      cwd: top,
      env: { ...process.env, ...compiled },
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

describe("the simulation", () => {
  test("finds no wrong total and no silent doubt in 400 seeds, whatever AWS leaves open", { timeout }, async () => {
    const { code, output } = await simulate("--seeds", "400", "--switches", "all");
    expect(output).toMatch(/^400 seeds, .*: 0 wrong, [1-9]\d* in doubt and said so/m);
    expect(code).toBe(0);
  });

  test("plays the same seed the same way to the last line", { timeout }, async () => {
    const replay = () => simulate("--seed", "7", "--seeds", "2", "--switches", "all", "--trace");
    const withoutPace = ({ output }: { output: string }) => output.replace(/\d+ seeds\/s\/core/, "");
    const [first, second] = await Promise.all([replay(), replay()]);
    expect(first.output).toContain("ledger.moveHead(");
    expect(withoutPace(second)).toBe(withoutPace(first));
  });

  test("plays a stream of many shards in one history", { timeout }, async () => {
    const { code, output } = await simulate("--shards", "20");
    expect(output).toMatch(/^20 shards, .*: 0 wrong$/m);
    expect(code).toBe(0);
  });

  test("shrinks a seed that fails, and says how to play it again", { timeout }, async () => {
    const { output } = await simulate("--switches", "all", "--break", "condition-dropped");
    expect(output.match(/^ {2}after .*$/gm)?.length).toBeLessThan(12);
    const again = output.match(/again: npm run simulate -- (.*)/)?.[1] ?? "";
    const replayed = await simulate(...again.split(" "));
    const wrongOf = (text: string) => text.match(/^ {2}wrong: (.*)$/m)?.[1];
    expect(wrongOf(output)).toMatch(/./);
    expect(wrongOf(replayed.output)).toBe(wrongOf(output));
  });

  test("refuses what it does not know", async () => {
    expect((await simulate("--break", "nothing")).output).toContain("--break: expected all, list or random-part-id");
    expect((await simulate("--seeds", "many")).output).toContain("--seeds: expected a whole number, got many");
  });
});

describe("each known bug, once planted, is found within 1,000 seeds", () => {
  let found = new Map<string, string>();
  beforeAll(async () => {
    const { output } = await simulate("--seeds", "1000", "--switches", "all", "--break", "all");
    const lines = output.split("\n").map((line): [string, string] => [line.slice(0, line.indexOf(":")), line]);
    found = new Map(lines);
  }, timeout);

  test.each(breaks)("$name: $what", ({ name }) => {
    expect(found.get(name)).toMatch(/: found by seed \d+: /);
  });
});

describe("the simulated table", () => {
  const write = (count: number, version: number): WriteRecordsCommandInput => ({
    DatabaseName: "d",
    TableName: "t",
    CommonAttributes: { MeasureName: "all", Version: version },
    Records: [{ Time: "0", MeasureValues: [{ Name: "count", Value: String(count), Type: "BIGINT" }] }],
  });
  const tableOf = (wrongs: string[]): TimestreamTable =>
    new TimestreamTable(
      () => 0,
      storeDefaults,
      { memoryStoreHours: 1, oldestMs: 0 },
      (what) => wrongs.push(what),
    );
  const countIn = (table: TimestreamTable) => [...table.rows.values()][0]?.measures.get("count");

  test("keeps the highest version, and rejects a lower one with what is there", () => {
    const table = tableOf([]);
    table.write(write(2, 2));
    try {
      table.write(write(1, 1));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(RejectedRecordsException);
      expect((error as RejectedRecordsException).RejectedRecords).toMatchObject([
        { RecordIndex: 0, ExistingVersion: 2 },
      ]);
    }
    table.write(write(3, 3));
    expect(countIn(table)).toBe(3);
  });

  test("says that the protocol is broken where one version has two values", () => {
    const wrongs: string[] = [];
    const table = tableOf(wrongs);
    table.write(write(1, 1));
    table.write(write(1, 1));
    expect(wrongs).toEqual([]);
    expect(() => table.write(write(2, 1))).toThrow(RejectedRecordsException);
    expect(wrongs).toHaveLength(1);
  });
});

test("virtual time wakes sleepers in the order of their times, and lets all that follows happen in between", async () => {
  const clock = new SimulatedClock(0);
  const order: string[] = [];
  const sleep = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    order.push(`${name} at ${clock.now()}`);
    await clock.sleep(5);
    order.push(`${name} again at ${clock.now()}`);
  };
  void sleep("late", 20);
  void sleep("early", 10);
  clock.at(12, () => order.push("never"))();
  await clock.advance(18);
  expect(order).toEqual(["early at 10", "early again at 15"]);
  await clock.advance(100);
  expect(order.slice(2)).toEqual(["late at 20", "late again at 25"]);
  expect(clock.now()).toBe(118);
});

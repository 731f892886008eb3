import { beforeAll, describe, expect, test } from "vitest";
import { openTimestream } from "../../local/timestream/timestream.ts";
import { Random } from "../simulation/random.ts";
import { Corpus } from "./corpus.ts";
import { fuzz, type Said } from "./fuzz-process.ts";
import { drawHistory, type History } from "./history.ts";
import { play } from "./play.ts";
import { shrink } from "./shrink.ts";

let corpus: Corpus;
beforeAll(async () => {
  corpus = await Corpus.open();
});
const historyOf = (seed: number): History => drawHistory(seed, new Random(seed), corpus);

test("whatever is in 20,000 records, nothing throws, the good ones count and the ledger adds up", async () => {
  const wrong: Said[] = [];
  const counts = await fuzz({ first: 1, records: 20_000, oneByOne: false }, (said) => {
    if (said.kind === "wrong") wrong.push(said);
  });
  expect(wrong).toEqual([]);
  expect(counts.records).toBeGreaterThanOrEqual(20_000);
  // Not everything is broken by being mutated.
  expect(counts.counted).toBeGreaterThan(5_000);
}, 240_000);

test("the laptop's Timestream takes the rows that come of mutated records", async () => {
  const timestream = await openTimestream({ file: ":memory:", now: () => Date.UTC(2019, 9, 1, 4) });
  const call = async (operation: string, request: object) => {
    const { status, body } = await timestream.handle(operation, JSON.stringify(request), "localhost");
    expect({ status, ...(status === 200 ? {} : { body }) }).toEqual({ status: 200 });
  };
  try {
    await call("CreateDatabase", { DatabaseName: "fuzz" });
    await call("CreateTable", { DatabaseName: "fuzz", TableName: "rows" });
    for (let seed = 1; seed <= 10; seed++) {
      const { inputs } = await play({ ...historyOf(seed), steps: [], refuses: false });
      for (const input of inputs) await call("WriteRecords", input);
    }
  } finally {
    await timestream.close();
  }
});

describe("a history", () => {
  test("is the same for the same seed", () => {
    expect(historyOf(7)).toEqual(historyOf(7));
    expect(historyOf(7)).not.toEqual(historyOf(8));
  });

  test("is found wrong where the store loses a row, and shrinks to the record that it takes", async () => {
    const losing = { store: { write: async () => ({ refusals: [], existing: 0 }) } };
    const fails = async (history: History): Promise<boolean> => (await play(history, losing)).wrong !== undefined;
    const history = historyOf(3);
    expect(await fails(history)).toBe(true);
    const small = await shrink(history, fails);
    expect(small.records).toHaveLength(1);
    expect(small.steps).toEqual([]);
  });

  test("is found wrong where a file of quarantine is lost", async () => {
    const losing = { quarantine: { put: async () => {} } };
    expect((await play(historyOf(3), losing)).wrong).toContain("in quarantine");
  });
});

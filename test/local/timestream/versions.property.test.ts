import fc from "fast-check";
import { expect, test } from "vitest";
import { type Emulator, multi, NOW_MS, opened } from "./emulator.ts";

interface Write {
  path: string;
  minute: number;
  value: number;
  version: number;
}

const write = fc.record({
  path: fc.constantFrom("/a", "/b"),
  minute: fc.integer({ min: 0, max: 2 }),
  value: fc.integer({ min: 0, max: 2 }),
  version: fc.integer({ min: 1, max: 3 }),
});
const requests = fc.array(fc.array(write, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 });

const identity = ({ path, minute }: Write) => `${path} ${minute}`;

/** The documented rules, one record after another. */
class Model {
  readonly rows = new Map<string, Write>();
  readonly #acceptIdentical: boolean;

  constructor(acceptIdentical: boolean) {
    this.#acceptIdentical = acceptIdentical;
  }

  /** What the record is rejected with: the existing version where it is higher, "equal", or undefined when taken. */
  write(one: Write): number | "equal" | undefined {
    const row = this.rows.get(identity(one));
    if (!row || one.version > row.version) {
      this.rows.set(identity(one), one);
      return undefined;
    }
    if (this.#acceptIdentical && one.value === row.value) return undefined;
    return one.version < row.version ? row.version : "equal";
  }
}

async function check(emulator: Emulator, model: Model, histories: Write[][]): Promise<void> {
  for (const writes of histories) {
    const { body } = await emulator.write(writes.map(toRecord));
    const expected = writes.flatMap((one, RecordIndex) => {
      const rejected = model.write(one);
      return rejected === undefined
        ? []
        : [{ RecordIndex, ExistingVersion: rejected === "equal" ? undefined : rejected }];
    });
    const rejected = (body.RejectedRecords ?? []).map(
      ({ RecordIndex, ExistingVersion }: { RecordIndex: number; ExistingVersion?: number }) => ({
        RecordIndex,
        ExistingVersion,
      }),
    );
    expect(rejected).toEqual(expected);
  }
  const rows = await emulator.rows(`SELECT path, to_milliseconds(time), value FROM shop.views`);
  const expected = [...model.rows.values()].map((row) => [row.path, String(timeMs(row)), String(row.value)]);
  expect(rows.map(String).sort()).toEqual(expected.map(String).sort());
}

function timeMs({ minute }: Write): number {
  return NOW_MS - minute * 60_000;
}

function toRecord(one: Write): object {
  const Dimensions = [{ Name: "path", Value: one.path }];
  return multi({ value: BigInt(one.value) }, { Dimensions, Time: String(timeMs(one)), Version: one.version });
}

/** As after `opened`: another table, in a database that need not be opened again. */
async function emptied(emulator: Emulator): Promise<void> {
  const table = { DatabaseName: "shop", TableName: "views" };
  await emulator.ok("DeleteTable", table);
  await emulator.ok("CreateTable", table);
}

test.each(["accept", "reject"] as const)(
  "any history of writes ends as the documented rules say, with identical replays %sed",
  async (identicalReplay) => {
    const emulator = await opened({ identicalReplay });
    await fc.assert(
      fc.asyncProperty(requests, async (histories) => {
        await emptied(emulator);
        await check(emulator, new Model(identicalReplay === "accept"), histories);
      }),
      { numRuns: 25 },
    );
  },
);

test("requests that are written as one group end as if one had come after the other", async () => {
  const emulator = await opened();
  await fc.assert(
    fc.asyncProperty(requests, async (histories) => {
      await emptied(emulator);
      const answers = await Promise.all(histories.map((writes) => emulator.write(writes.map(toRecord))));
      const model = new Model(false);
      for (const [at, writes] of histories.entries()) {
        const expected = writes.flatMap((one, index) => (model.write(one) === undefined ? [] : [index]));
        const rejected = answers[at]?.body.RejectedRecords ?? [];
        expect(rejected.map(({ RecordIndex }: { RecordIndex: number }) => RecordIndex)).toEqual(expected);
      }
      expect(await emulator.value("SELECT count(*) FROM shop.views")).toBe(String(model.rows.size));
    }),
    { numRuns: 15 },
  );
});

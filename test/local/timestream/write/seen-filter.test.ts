import fc from "fast-check";
import { expect, test } from "vitest";
import { identityOf } from "../../../../local/timestream/write/identity.ts";
import { SeenFilter } from "../../../../local/timestream/write/seen-filter.ts";

const identity = (at: number) => identityOf([{ name: "at", value: String(at) }], "m", 0n);

test("never calls a record new that its table has, whatever has been forgotten in between", () => {
  const write = fc.record({ table: fc.integer({ min: 1, max: 2 }), at: fc.nat(500), time: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(write, { maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (writes, recordsMax) => {
      const filter = new SeenFilter({ bits: 4096, recordsMax });
      filter.begin(1, -1n);
      filter.begin(2, 20n);
      const written: typeof writes = [];
      for (const one of writes) {
        filter.add(one.table, identity(one.at), BigInt(one.time));
        written.push(one);
        const sample = written.filter((_, n) => n % 7 === 0 || n > written.length - 5);
        for (const { table, at, time } of sample) expect(filter.mayHave(table, identity(at), BigInt(time))).toBe(true);
      }
    }),
  );
});

test("calls what is new new, nearly always", () => {
  const filter = new SeenFilter({ bits: 2 ** 20, recordsMax: 50_000 });
  filter.begin(1, -1n);
  for (let at = 0; at < 49_000; at++) filter.add(1, identity(at), 5n);
  let wrong = 0;
  for (let at = 0; at < 10_000; at++) if (filter.mayHave(1, identity(at), 6n)) wrong++;
  expect(wrong).toBeLessThan(20);
});

test("knows nothing of rows from before it began, so all up to the newest may be there", () => {
  const filter = new SeenFilter({ bits: 1024, recordsMax: 10 });
  expect(filter.mayHave(1, identity(1), 5n)).toBe(true);
  filter.begin(1, 5n);
  expect(filter.mayHave(1, identity(1), 5n)).toBe(true);
  expect(filter.mayHave(1, identity(1), 6n)).toBe(false);
});

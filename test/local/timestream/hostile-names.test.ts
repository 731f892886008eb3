import fc from "fast-check";
import { expect, test } from "vitest";
import { identifier, literal } from "../../../local/timestream/sql/quoting.ts";
import { multi, opened } from "./emulator.ts";

const usable = (name: string) =>
  Buffer.byteLength(name) <= 60 &&
  !/^(?:time$|ts_|measure_name|measure_value)|:|\0/.test(name) &&
  // A lone surrogate has no UTF-8 form, so it cannot come back as it was.
  name.isWellFormed();

const name = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
    fc.constantFrom(
      '"',
      "'",
      'a"; DROP TABLE x; --',
      "x' OR '1'='1",
      "select",
      "*",
      "a.b",
      "--",
      "/*",
      "rowid",
      "\\",
      "é",
      " ",
    ),
  )
  .filter(usable);
const value = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }).filter((text) => text.isWellFormed() && !text.includes("\0")),
  fc.constantFrom("'", "''", '"', "\\'", "'; DROP TABLE x; --", "%", "\u2028"),
);

test("names and values of any characters are stored, found and shown as they are", async () => {
  const emulator = await opened();
  const taken = new Set(["measure", "time", "measure_name"]);
  await fc.assert(
    fc.asyncProperty(
      name,
      value,
      fc.string({ unit: "binary", minLength: 1, maxLength: 10 }),
      async (column, text, measureName) => {
        // One table for all, whose columns keep the role they had first.
        fc.pre(!taken.has(column.toLowerCase()) && measureName.isWellFormed() && !measureName.includes("\0"));
        const one = multi(
          { measure: text || "-" },
          { Dimensions: [{ Name: column, Value: text }], MeasureName: measureName },
        );
        const { status, body } = await emulator.write([one]);
        if (status === 419) {
          expect(body.RejectedRecords[0]?.Reason).toMatch(/already exists with the same time|only in case/);
          return;
        }
        expect(status).toBe(200);
        const where = `${identifier(column)} = ${literal(text)} AND measure_name = ${literal(measureName)}`;
        const query = `SELECT ${identifier(column)}, measure FROM shop.views WHERE ${where}`;
        expect(await emulator.rows(query)).toContainEqual([text, text || "-"]);
      },
    ),
    { numRuns: 60 },
  );
});

test("a name with a null character is rejected", async () => {
  const emulator = await opened();
  const { body } = await emulator.write([multi({ "a\0b": 1n })]);
  expect(body.RejectedRecords[0]?.Reason).toContain("not allowed");
});

test("a value with a null character is kept whole, but no query can name it", async () => {
  const emulator = await opened();
  await emulator.write([multi({ label: "a\0b" })]);
  expect(await emulator.rows("SELECT label, length(label) FROM shop.views")).toEqual([["a\0b", "3"]]);
  expect(await emulator.refusal("SELECT '\0'; DROP TABLE x")).toContain("unexpected null character");
});

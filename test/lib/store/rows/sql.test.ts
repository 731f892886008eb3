import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sqlName, sqlText } from "../../../../lib/store/rows/sql.ts";
import { anyText } from "../../any-text.ts";
import { sqlTokens } from "./sql-tokens.ts";

describe("a text as SQL", () => {
  it("is one literal that holds the text, whatever is in it", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(sqlTokens(sqlText(value))).toEqual([{ kind: "text", value: value.toWellFormed() }]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("as a name is one quoted name that holds the text", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(sqlTokens(sqlName(value))).toEqual([{ kind: "name", value: value.toWellFormed() }]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is read back by a real database as it was", async () => {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    try {
      // A statement ends at NUL in this database's C interface; the tokens above cover it.
      const values = fc.sample(anyText, 400).map((value) => value.replaceAll("\u0000", ""));
      const columns = values.map((value, index) => `${sqlText(value)} AS ${sqlName(`${index} ${value}`)}`);
      const reader = await connection.runAndReadAll(`SELECT ${columns.join(", ")}`);
      expect(reader.getRows()[0]).toEqual(values.map((value) => value.toWellFormed()));
      expect(reader.columnNames()).toEqual(values.map((value, index) => `${index} ${value}`.toWellFormed()));
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  });
});

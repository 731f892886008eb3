import { type Catalog, findDatabase } from "../catalog/catalog.ts";
import type { Table } from "../catalog/table.ts";
import { invalid } from "../failure.ts";
import { nameOf } from "../sql/rewrite.ts";
import type { Token } from "../sql/token.ts";
import type { ColumnType, Datum } from "./datum.ts";
import { type ColumnInfo, fixedSource, type Row, type RowSource } from "./row-source.ts";

const TEXT: ColumnType = { ScalarType: "VARCHAR" };
const DIMENSIONS: ColumnType = {
  ArrayColumnInfo: {
    Type: {
      RowColumnInfo: [
        { Name: "dimension_name", Type: TEXT },
        { Name: "data_type", Type: TEXT },
      ],
    },
  },
};

/**
 * Answers SHOW and DESCRIBE (developer guide, "SHOW statements", "DESCRIBE statements"); undefined where the query is
 * neither.
 */
export function show(catalog: Catalog, tokens: readonly Token[]): RowSource | undefined {
  const words = new Words(tokens);
  if (words.take("describe") || words.take("desc")) {
    const table = words.table(catalog);
    words.end();
    return describe(table);
  }
  if (!words.take("show")) return undefined;
  if (words.take("databases")) return one("Database", words.filter([...catalog.databases.keys()]));
  if (words.take("tables")) {
    const databases = words.take("from") ? [findDatabase(catalog, words.name())] : [...catalog.databases.values()];
    return one("Table", words.filter(databases.flatMap((database) => [...database.tables.keys()])));
  }
  if (!words.take("measures")) throw invalid("Expected SHOW DATABASES, SHOW TABLES or SHOW MEASURES");
  words.expect("from");
  const table = words.table(catalog);
  return measures(table, words.filter([...table.measureNames.keys()]));
}

function describe(table: Table): RowSource {
  const columns = [...table.columns.values()];
  const lines = (role: string, attribute: string) =>
    columns.filter((column) => column.role === role).map(({ name, type }) => [name, type.toLowerCase(), attribute]);
  const rows = [
    ...lines("dimension", "DIMENSION"),
    ["measure_name", "varchar", "MEASURE_NAME"],
    ["time", "timestamp", "TIMESTAMP"],
    ...lines("measure", "MEASURE_VALUE"),
  ];
  const info = ["Column", "Type", "Timestream attribute type"].map((Name): ColumnInfo => ({ Name, Type: TEXT }));
  return fixedSource(
    info,
    rows.map((row) => ({ Data: row.map(scalar) })),
  );
}

/** Dimensions are those of the table: which of them a measure has is not kept. */
function measures(table: Table, names: readonly string[]): RowSource {
  const dimensions = [...table.columns.values()].filter((column) => column.role === "dimension");
  const list: Datum = {
    ArrayValue: dimensions.map(({ name }) => ({ RowValue: { Data: [scalar(name), scalar("varchar")] } })),
  };
  const row = (name: string): Row => ({
    Data: [scalar(name), scalar((table.measureNames.get(name) ?? "").toLowerCase()), list],
  });
  const info = [
    { Name: "measure_name", Type: TEXT },
    { Name: "data_type", Type: TEXT },
    { Name: "dimensions", Type: DIMENSIONS },
  ];
  return fixedSource(info, names.map(row));
}

function one(Name: string, values: readonly string[]): RowSource {
  return fixedSource(
    [{ Name, Type: TEXT }],
    values.map((value) => ({ Data: [scalar(value)] })),
  );
}

function scalar(value: string): Datum {
  return { ScalarValue: value };
}

/** The tokens of a statement, read one after another. */
class Words {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  take(word: string): boolean {
    const token = this.#tokens[this.#at];
    const found = token !== undefined && token.kind !== "quoted" && token.kind !== "string" && token.value === word;
    if (found) this.#at++;
    return found;
  }

  expect(word: string): void {
    if (!this.take(word))
      throw invalid(`Expected ${word.toUpperCase()}, got ${this.#tokens[this.#at]?.text ?? "the end"}`);
  }

  name(): string {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== "word" && token?.kind !== "quoted")
      throw invalid(`Expected a name, got ${token?.text ?? "the end"}`);
    return nameOf(token);
  }

  table(catalog: Catalog): Table {
    const database = this.name();
    this.expect(".");
    const name = this.name();
    const table = catalog.databases.get(database)?.tables.get(name);
    if (!table) throw invalid(`The table ${database}.${name} does not exist.`);
    return table;
  }

  /** The names, in order, that the LIKE at the end lets through; all, if there is none. */
  filter(names: readonly string[]): string[] {
    let pattern = /^/;
    if (this.take("like")) {
      const token = this.#tokens[this.#at++];
      if (token?.kind !== "string") throw invalid(`Expected a pattern after LIKE, got ${token?.text ?? "the end"}`);
      pattern = likePattern(token.value);
    }
    this.end();
    return names.filter((name) => pattern.test(name)).sort();
  }

  end(): void {
    const token = this.#tokens[this.#at];
    if (token) throw invalid(`mismatched input '${token.text}', expected the end of the statement`);
  }
}

function likePattern(like: string): RegExp {
  const source = [...like].map((char) =>
    char === "%" ? ".*" : char === "_" ? "." : char.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&"),
  );
  return new RegExp(`^${source.join("")}$`, "s");
}

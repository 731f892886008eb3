import { QueryCommand, type QueryCommandInput, type TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import type { StoredRow, TimestreamTable } from "./timestream-table.ts";

type Cells = readonly (string | undefined)[];

/** Answers the one question that the simulation's code asks the store: which rows parts have (`partRowsSql`). */
export class TimestreamQueries {
  readonly #table: TimestreamTable;
  readonly #pageRows: number;
  readonly #seenMs: () => number;
  /** What is left of answers, by token. */
  readonly #left = new Map<string, readonly Cells[]>();

  /** `pageRows`: of one page of an answer; `seenMs`: writes since then are not seen yet. */
  constructor(table: TimestreamTable, pageRows: number, seenMs: () => number) {
    this.#table = table;
    this.#pageRows = pageRows;
    this.#seenMs = seenMs;
  }

  client(via: (command: object, run: () => unknown) => Promise<unknown>): TimestreamQueryClient {
    const send = (command: { readonly input: object }): Promise<unknown> =>
      via(command, () => {
        if (command instanceof QueryCommand) return this.#answer(command.input);
        throw new Error(`Expected a query, got ${command.constructor.name}`);
      });
    return { send } as unknown as TimestreamQueryClient;
  }

  /** The first page has a token and no rows, as it may (Timestream Query API, `MaxRows`). */
  #answer({ QueryString = "", NextToken }: QueryCommandInput) {
    const isFirst = NextToken === undefined;
    const all = isFirst ? this.#ask(QueryString) : (this.#left.get(NextToken) ?? []);
    const page = isFirst ? [] : all.slice(0, this.#pageRows);
    const rest = all.slice(page.length);
    const token = `${this.#left.size}`;
    if (rest.length > 0) this.#left.set(token, rest);
    return {
      Rows: page.map((cells) => ({ Data: cells.map((ScalarValue) => ({ ScalarValue })) })),
      ...(rest.length > 0 ? { NextToken: token } : {}),
    };
  }

  #ask(sql: string): Cells[] {
    const { fromMs, toMs, parts, withSums } = readQuestion(sql);
    const found = new Map<string, Summary>();
    for (const row of this.#table.asOf(this.#seenMs())) {
      const part = row.dimensions.get("part") ?? "";
      if (row.timeMs < fromMs || row.timeMs >= toMs || parts?.has(part) === false) continue;
      add(found, part, row);
    }
    return [...found].map(([part, { rows, count, firstMs, lastMs, sum }]) => [
      ...[part, ...[rows, count, firstMs, lastMs].map(String)],
      ...(withSums ? [sum === undefined ? undefined : String(sum)] : []),
    ]);
  }
}

interface Summary {
  readonly rows: number;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly sum: number | undefined;
}

function add(found: Map<string, Summary>, part: string, { timeMs, measures }: StoredRow): void {
  const count = measures.get("count") ?? 0;
  if (count === 0) return;
  const sum = measures.get("sum");
  const known = found.get(part) ?? { rows: 0, count: 0, firstMs: timeMs, lastMs: timeMs, sum: undefined };
  found.set(part, {
    rows: known.rows + 1,
    count: known.count + count,
    firstMs: Math.min(known.firstMs, timeMs),
    lastMs: Math.max(known.lastMs, timeMs),
    sum: sum === undefined ? known.sum : (known.sum ?? 0) + Math.abs(sum),
  });
}

function readQuestion(sql: string) {
  const [, fromMs, toMs] =
    /time >= from_milliseconds\((-?\d+)\) AND time < from_milliseconds\((-?\d+)\) AND "count" > 0/.exec(sql) ?? [];
  if (fromMs === undefined || !sql.endsWith('GROUP BY "part"'))
    throw new Error(`Expected a question for the rows of parts, got ${sql}`);
  const [, list] = /AND "part" IN \(([^)]*)\)/.exec(sql) ?? [];
  const parts = list === undefined ? undefined : new Set(list.split(", ").map((text) => text.slice(1, -1)));
  return { fromMs: Number(fromMs), toMs: Number(toMs), parts, withSums: sql.includes('sum(abs("sum")) AS s') };
}

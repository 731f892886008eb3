import { expect, test } from "vitest";
import { type Body, bare, type Emulator, MINUTE_MS, multi, NOW_MS, opened } from "./emulator.ts";

const query = "SELECT n FROM shop.views ORDER BY n";

async function counted(options = {}): Promise<Emulator> {
  const emulator = await opened(options);
  const path = (at: number) => [{ Name: "at", Value: String(at) }];
  await emulator.write(Array.from({ length: 10 }, (_, at) => multi({ n: BigInt(at) }, { Dimensions: path(at) })));
  return emulator;
}

function numbers(page: Body): number[] {
  return page.Rows.map((row) => Number(row.Data[0]?.ScalarValue));
}

function next(emulator: Emulator, NextToken: string, QueryString = query) {
  return emulator.call("Query", { QueryString, MaxRows: 4, NextToken });
}

test("pages follow each other until there is no token", async () => {
  const emulator = await counted();
  const first = await emulator.ok("Query", { QueryString: query, MaxRows: 4 });
  const second = (await next(emulator, first.NextToken)).body;
  const third = (await next(emulator, second.NextToken)).body;
  expect([first, second, third].map(numbers)).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9],
  ]);
  expect(third.NextToken).toBeUndefined();
  expect(third.ColumnInfo).toEqual(first.ColumnInfo);
  expect(new Set([first.QueryId, second.QueryId, third.QueryId]).size).toBe(1);
});

test("a result that just fills its page has no token", async () => {
  const emulator = await counted();
  expect((await emulator.ok("Query", { QueryString: query, MaxRows: 10 })).NextToken).toBeUndefined();
});

test("a token gives the same page five times, and none after the next token has been used", async () => {
  const emulator = await counted();
  const { NextToken } = await emulator.ok("Query", { QueryString: query, MaxRows: 4 });
  const answers = [];
  for (let use = 0; use < 6; use++) answers.push(await next(emulator, NextToken));
  expect(answers.slice(0, 5).map(({ body }) => numbers(body))).toEqual(Array(5).fill([4, 5, 6, 7]));
  expect(answers[5]).toMatchObject({ status: 400, body: { message: "Invalid pagination token" } });

  const fresh = await emulator.ok("Query", { QueryString: query, MaxRows: 4 });
  const second = (await next(emulator, fresh.NextToken)).body;
  await next(emulator, second.NextToken);
  expect((await next(emulator, fresh.NextToken)).body.message).toBe("Invalid pagination token");
});

test("a token belongs to its query string, and lives an hour", async () => {
  let nowMs = NOW_MS;
  const emulator = await counted({ now: () => nowMs });
  const { NextToken } = await emulator.ok("Query", { QueryString: query, MaxRows: 4 });
  expect((await next(emulator, NextToken, `${query} `)).body.message).toBe("Invalid pagination token");
  expect((await next(emulator, "made-up")).body.message).toBe("Invalid pagination token");
  nowMs += 61 * MINUTE_MS;
  expect((await next(emulator, NextToken)).body.message).toBe("Invalid pagination token");
});

test("pages see the rows there were when the query began", async () => {
  const emulator = await counted();
  const first = await emulator.ok("Query", { QueryString: query, MaxRows: 4 });
  await emulator.write([multi({ n: 5n }, { Dimensions: [{ Name: "at", Value: "x" }] })]);
  expect(numbers((await next(emulator, first.NextToken)).body)).toEqual([4, 5, 6, 7]);
  expect(await emulator.value("SELECT count(*) FROM shop.views")).toBe("11");
});

test("without MaxRows a page stays under 1 MB, and the pages add up", async () => {
  const emulator = await bare();
  const QueryString = "SELECT x, lpad('', 2000, 'é') FROM UNNEST(sequence(1, 1000)) AS t(x)";
  let rows = 0;
  let pages = 0;
  let NextToken: string | undefined;
  do {
    const page = await emulator.ok("Query", { QueryString, ...(NextToken && { NextToken }) });
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(1024 * 1024);
    rows += page.Rows.length;
    pages++;
    NextToken = page.NextToken;
  } while (NextToken);
  expect([rows, pages]).toEqual([1000, 5]);
});

test("a row of more than 1 MB fails the query", async () => {
  const emulator = await bare();
  expect(await emulator.refusal("SELECT lpad('', 1100000, 'x')")).toContain("larger than the limit of 1 MB");
});

test.each([0, 1001, 1.5, "10"])("MaxRows of %s is refused", async (MaxRows) => {
  const emulator = await bare();
  expect((await emulator.call("Query", { QueryString: "SELECT 1", MaxRows })).status).toBe(400);
});

test("of many unfinished results the oldest are let go", async () => {
  const emulator = await counted();
  const tokens: string[] = [];
  for (let n = 0; n < 12; n++) tokens.push((await emulator.ok("Query", { QueryString: query, MaxRows: 4 })).NextToken);
  const statuses = [];
  for (const token of tokens) statuses.push((await next(emulator, token)).status);
  expect(statuses).toEqual([...Array(4).fill(400), ...Array(8).fill(200)]);
});

test("a cancelled query has no more pages, and cancelling again or something unknown is no error", async () => {
  const emulator = await counted();
  const { QueryId, NextToken } = await emulator.ok("Query", { QueryString: query, MaxRows: 4 });
  await emulator.ok("CancelQuery", { QueryId });
  expect((await next(emulator, NextToken)).status).toBe(400);
  await emulator.ok("CancelQuery", { QueryId });
  await emulator.ok("CancelQuery", { QueryId: "UNKNOWN" });
});

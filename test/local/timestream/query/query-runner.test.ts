import { expect, onTestFinished, test } from "vitest";
import { openEngine } from "../../../../local/timestream/engine.ts";
import { QueryRunner } from "../../../../local/timestream/query/query-runner.ts";

const endless = `SELECT count(*) FROM ${["a", "b", "c"].map((table) => `UNNEST(sequence(1, 10000)) AS ${table}(${table}1)`).join(", ")}
  WHERE a1 * b1 * c1 % 7 = 3`;

async function runner(queryMsMax: number): Promise<QueryRunner> {
  const engine = await openEngine({ file: ":memory:", memoryLimitMib: 64 });
  const catalog = { databases: new Map(), nextTableId: 1 };
  const queries = new QueryRunner({ engine, catalog, now: Date.now, queryMsMax });
  onTestFinished(async () => {
    await queries.close();
    engine.close();
  });
  return queries;
}

const request = (queryString: string) => ({ queryString, nextToken: undefined, rowsMax: 10 });

test("a query that takes too long is stopped, and the next one runs", async () => {
  const queries = await runner(50);
  await expect(queries.query(request(endless))).rejects.toMatchObject({ type: "QueryExecutionException" });
  expect((await queries.query(request("SELECT 1"))).rows).toHaveLength(1);
});

test("closing stops what runs and refuses what waits", async () => {
  const queries = await runner(60_000);
  const running = Array.from({ length: 4 }, () => queries.query(request(endless)).catch((error: unknown) => error));
  await new Promise((resolve) => setImmediate(resolve));
  await queries.close();
  for (const error of await Promise.all(running)) expect(error).toBeInstanceOf(Error);
});

test("more than 100 waiting queries are throttled", async () => {
  const queries = await runner(60_000);
  const all = Array.from({ length: 103 }, () => queries.query(request("SELECT 1")).catch((error: unknown) => error));
  const last = (await Promise.all(all)).at(-1);
  expect(last).toMatchObject({ type: "ThrottlingException" });
});

test("a query that needs more memory than there is fails alone", async () => {
  const queries = await runner(60_000);
  const greedy =
    "SELECT cardinality(array_agg(x || y)) FROM UNNEST(sequence(1, 3000)) AS a(x), UNNEST(sequence(1, 3000)) AS b(y)";
  await expect(queries.query(request(greedy))).rejects.toMatchObject({
    type: expect.stringMatching(/Execution|Validation/),
  });
  expect((await queries.query(request("SELECT 1"))).rows).toHaveLength(1);
});

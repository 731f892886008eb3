import { existsSync } from "node:fs";
import { join } from "node:path";
import { QueryCommand, TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answered } from "./answered.ts";
import { Laptop } from "./laptop.ts";
import { countByHand, rees46File, rees46Rows } from "./rees46-count.ts";

const config = join(import.meta.dirname, "rees46.config.ts");
const present = existsSync(rees46File);
if (!present) console.warn(`Skipped: the recording ${rees46File} is not there`);

describe.skipIf(!present)("the totals of a recorded day in a shop", () => {
  let laptop: Laptop;
  let expected: ReadonlyMap<string, string>;
  beforeAll(async () => {
    laptop = await Laptop.start({ config });
    const { output } = await laptop.run("test/e2e/plain-producer.ts");
    expected = countByHand(rees46Rows(), Number(output));
    await laptop.caughtUp();
  });
  afterAll(() => laptop[Symbol.asyncDispose]());

  test("sent by a plain AWS SDK program equal a count made from the file, for every minute, event and category", async () => {
    expect(await answered(laptop)).toEqual(expected);
  });

  test("equal it when another such program reads them from Timestream", async () => {
    const client = new TimestreamQueryClient({
      endpoint: laptop.awsUrl,
      region: "us-east-1",
      credentials: { accessKeyId: "laptop", secretAccessKey: "laptop" },
      requestHandler: new NodeHttpHandler(),
    });
    const QueryString = `
      SELECT to_iso8601(time) AS minute, event, category, sum("count") AS events, sum("sum") AS value
      FROM "millrace"."metrics_1m" WHERE measure_name = 'prices' AND time > ago(5h) AND "count" > 0
      GROUP BY time, event, category`;
    const read = new Map<string, string>();
    let NextToken: string | undefined;
    do {
      const page = await client.send(new QueryCommand({ QueryString, NextToken }));
      for (const { Data = [] } of page.Rows ?? []) {
        const [minute = "", event = "", category = "", events = "", value = ""] = Data.map(
          (datum) => datum.ScalarValue ?? "",
        );
        const time = new Date(minute).toISOString();
        read.set(`${time} ${event} ${category}`, `${events} events, ${Math.round(Number(value) * 100)} cents`);
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    client.destroy();
    expect(new Map([...read].sort())).toEqual(expected);
  });
});

import { CreateStreamCommand, KinesisClient, PutRecordCommand, waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientSettings } from "../../../lib/aws.ts";
import { KinesisStream } from "../../../lib/stream/kinesis.ts";
import type { StreamStart } from "../../../lib/stream/reader.ts";
import { startAws, type TestAws } from "../../aws.ts";

const shardId = "shardId-000000000000";
let aws: TestAws;
let client: KinesisClient;
let stream: KinesisStream;
const numbers: string[] = [];

async function put(place: number): Promise<void> {
  const Data = Buffer.from(`${place}`);
  const sent = await client.send(new PutRecordCommand({ StreamName: "paged", PartitionKey: "ann", Data }));
  numbers.push(sent.SequenceNumber ?? "");
}

/** What stands in the shard from a place on, until a read finds its tip. */
async function readFrom(start: StreamStart): Promise<string[][]> {
  const pages: string[][] = [];
  for await (const { records, behindMs } of stream.pages(shardId, start, 2)) {
    if (records.length === 0 && behindMs === 0) return pages;
    pages.push(records.map(({ data }) => data.toString()));
  }
  return pages;
}

beforeAll(async () => {
  aws = await startAws();
  client = new KinesisClient(clientSettings());
  await client.send(new CreateStreamCommand({ StreamName: "paged", ShardCount: 1 }));
  await waitUntilStreamExists({ client, maxWaitTime: 10, minDelay: 1 }, { StreamName: "paged" });
  for (let place = 0; place < 3; place++) await put(place);
  stream = new KinesisStream(client, "paged");
});
afterAll(() => aws[Symbol.asyncDispose]());

test("a shard is read page by page from its oldest record, from behind one, and from a time", async () => {
  expect(await readFrom("oldest")).toEqual([["0", "1"], ["2"]]);
  expect(await readFrom({ after: numbers[0] ?? "" })).toEqual([["1", "2"]]);
  expect((await readFrom({ fromMs: Date.now() - 60_000 })).flat()).toEqual(["0", "1", "2"]);
});

test("whoever has read to the tip goes on with what comes next", async () => {
  const pages = stream.pages(shardId, { after: numbers[2] ?? "" }, 2);
  expect((await pages.next()).value).toMatchObject({ records: [] });
  await put(3);
  const { value } = await pages.next();
  expect(value?.records.map(({ data }: { data: Buffer }) => data.toString())).toEqual(["3"]);
});

test("a shard that the stream does not know has nothing", async () => {
  const pages = stream.pages("shardId-000000000009", "oldest", 2);
  expect(await pages.next()).toMatchObject({ done: true });
});

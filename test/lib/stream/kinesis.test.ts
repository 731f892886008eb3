import { CreateStreamCommand, KinesisClient, PutRecordCommand, waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientSettings } from "../../../lib/aws.ts";
import { KinesisStream } from "../../../lib/stream/kinesis.ts";
import { RangeGone } from "../../../lib/stream/reader.ts";
import { startAws, type TestAws } from "../../aws.ts";

const shardId = "shardId-000000000000";
let aws: TestAws;
let client: KinesisClient;
let stream: KinesisStream;
const numbers: string[] = [];
/** Limits that GetRecords was called with. */
let limits: (number | undefined)[] = [];

beforeAll(async () => {
  aws = await startAws();
  client = new KinesisClient(clientSettings());
  await client.send(new CreateStreamCommand({ StreamName: "events", ShardCount: 1 }));
  await waitUntilStreamExists({ client, maxWaitTime: 10, minDelay: 1 }, { StreamName: "events" });
  for (let place = 0; place < 5; place++) {
    const Data = Buffer.from(`{"place":${place}}`);
    const put = new PutRecordCommand({ StreamName: "events", PartitionKey: "ann", Data });
    numbers.push((await client.send(put)).SequenceNumber ?? "");
  }
  client.middlewareStack.add(
    (next, { commandName }) =>
      (call) => {
        if (commandName === "GetRecordsCommand") limits.push((call.input as { Limit?: number }).Limit);
        return next(call);
      },
    { step: "initialize" },
  );
  stream = new KinesisStream(client, "events");
});
afterAll(() => aws[Symbol.asyncDispose]());

describe("records read again", () => {
  const read = async (first: number, last: number, count?: number): Promise<string[]> => {
    limits = [];
    const records = await stream.read(shardId, numbers[first] ?? "", numbers[last] ?? "", count);
    return records.map(({ data }) => data.toString());
  };

  test("are those of the range, and no others", async () => {
    expect(await read(1, 3)).toEqual(['{"place":1}', '{"place":2}', '{"place":3}']);
  });

  test("are no more than there are, where that is known: the roll-up reads the same shard", async () => {
    expect(await read(1, 3, 3)).toHaveLength(3);
    expect(limits).toEqual([3]);
    // A wrong count costs reads, and no record.
    expect(await read(0, 4, 2)).toHaveLength(5);
  });

  test("that the stream does not have are said to be gone, with those that are left", async () => {
    const gone = stream.read(shardId, numbers[3] ?? "", `${numbers[4]}0`, 3);
    await expect(gone).rejects.toThrow(RangeGone);
    await expect(gone).rejects.toMatchObject({
      records: [{ sequenceNumber: numbers[3] }, { sequenceNumber: numbers[4] }],
    });
  });
});

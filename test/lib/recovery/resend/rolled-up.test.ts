import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notRolledUp, type RolledUpPorts } from "../../../../lib/recovery/resend/rolled-up.ts";
import { disorderMs } from "../../../../lib/roll-up/dedupe/recall.ts";
import { UnreadableFailure } from "../../../../lib/store/dead-letters/dead-letter.ts";
import type { CommittedPart } from "../../../../lib/store/ledger/ledger.ts";
import { KinesisStream } from "../../../../lib/stream/kinesis.ts";
import { startAwsEndpoint } from "../../../../local/endpoint/aws-endpoint.ts";
import { openKinesis } from "../../../../local/kinesis/kinesis.ts";

let kinesis: Awaited<ReturnType<typeof openKinesis>>;
let endpoint: Awaited<ReturnType<typeof startAwsEndpoint>>;
let client: KinesisClient;
const sequences: string[] = [];
beforeAll(async () => {
  kinesis = await openKinesis({ region: "us-east-1", accountId: "000000000000" });
  endpoint = await startAwsEndpoint({ port: 0, services: { kinesis } });
  await kinesis.createStream({ name: "events", shards: 1, retentionHours: 24 });
  for (let place = 0; place < 2; place++) {
    const put = { StreamName: "events", PartitionKey: "p", Data: "eA==" };
    const { SequenceNumber } = (await kinesis.call("PutRecord", put)) as { SequenceNumber: string };
    sequences.push(SequenceNumber);
  }
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const requestHandler = new NodeHttpHandler();
  client = new KinesisClient({ endpoint: endpoint.url, region: "us-east-1", credentials, requestHandler });
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
  await kinesis.close();
});

const ports = (lastSequence: string | undefined, failures: readonly string[] = []): RolledUpPorts => ({
  streamName: "events",
  stream: new KinesisStream(client, "events"),
  ledger: {
    newest: async () => (lastSequence === undefined ? undefined : ({ lastSequence } as unknown as CommittedPart)),
  },
  failures: {
    list: async function* () {
      for (const key of failures) yield { key, shardId: undefined, bytes: 1 };
    },
    read: async ({ key }) => {
      if (key === "broken") throw new UnreadableFailure("Expected JSON");
      const one = { sequenceNumber: "1", partitionKey: "p", arrivalMs: Number(key), data: Buffer.alloc(0) };
      return { condition: "", batch: { streamName: "events", shardId: "shardId-000000000000", records: [one] } };
    },
  },
});

test("the ledger knows of all that arrived once every record of the stream up to then is in a committed part", async () => {
  const toMs = Date.now();
  const range = { fromMs: toMs - 1_000, toMs };
  expect(await notRolledUp(ports(undefined), range)).toContain("shardId-000000000000 has not come past");
  expect(await notRolledUp(ports(sequences[0]), range)).toContain("has not come past");
  expect(await notRolledUp(ports(sequences[1]), range)).toBe(undefined);
  // What is behind it arrived well after, by whatever clock.
  expect(await notRolledUp(ports(sequences[0]), { fromMs: 0, toMs: toMs - disorderMs - 60_000 })).toBe(undefined);
});

test("not while a batch of that time, which Lambda gave up on, is to be counted", async () => {
  const range = { fromMs: 5 * disorderMs, toMs: 6 * disorderMs };
  const failing = (...keys: number[]) => notRolledUp(ports(sequences[1], ["broken", ...keys.map(String)]), range);
  expect(await failing(3 * disorderMs, 8 * disorderMs)).toBe(undefined);
  expect(await failing(3 * disorderMs, 5.5 * disorderMs)).toContain("millrace redrive");
  expect(await failing(...Array<number>(60).fill(0))).toContain("millrace redrive");
});

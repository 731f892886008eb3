import type { AddressInfo } from "node:net";
import kinesalite from "kinesalite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { realClock } from "../../../local/clock.ts";
import { MetricStore } from "../../../local/cloudwatch/metrics.ts";
import { createMapping } from "../../../local/event-source-mapping/mapping.ts";
import { kinesisCall } from "../../../local/event-source-mapping/reading/kinesis-client.ts";
import { kinesisReader } from "../../../local/event-source-mapping/reading/kinesis-reader.ts";
import type { InvokeOutcome } from "../../../local/lambda/invoke-outcome.ts";
import { type Lambda, startLambda } from "../../../local/lambda/lambda.ts";
import { type Bundle, writeBundle } from "../lambda/bundle.ts";
import { functionArn, MemoryCheckpoints, settingsWith } from "./rig.ts";

const server = kinesalite({ createStreamMs: 0 });
let bundle: Bundle;
let lambda: Lambda;

beforeEach(async () => {
  bundle = writeBundle();
  lambda = await startLambda({ log: () => {}, metrics: new MetricStore() });
  const { directory } = bundle;
  const limits = { timeoutSeconds: 10, memoryMib: 256, environment: {} };
  lambda.define({ name: "roll-up", directory, handler: "index.echo", ...limits });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  await lambda.close();
  bundle.remove();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
});

test("records of a real stream reach a real function, each once and in the order of its shard", async () => {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = kinesisCall(endpoint);
  await call("CreateStream", { StreamName: "events", ShardCount: 2 }, 10_000);
  const texts = Array.from({ length: 200 }, (_, n) => `event ${n}`);
  const stop = new AbortController();
  const received: { shardId: string; text: string }[] = [];
  const invoke = async (arn: string, payload: string): Promise<InvokeOutcome> => {
    const outcome = await lambda.invoke(arn.split(":")[6] ?? "", payload);
    // The function gives back the event it got.
    const event = JSON.parse(outcome.kind === "ok" ? outcome.payload : '{"Records":[]}') as {
      Records: { eventID: string; kinesis: { data: string } }[];
    };
    for (const { eventID, kinesis } of event.Records) {
      const text = Buffer.from(kinesis.data, "base64").toString();
      received.push({ shardId: eventID.split(":")[0] ?? "", text });
    }
    if (received.length >= texts.length) stop.abort();
    return outcome;
  };
  const checkpoints = new MemoryCheckpoints();
  const mapping = createMapping(
    settingsWith({ batchSize: 30, functionArn }),
    {
      clock: realClock,
      reader: kinesisReader({ endpoint, streamName: "events", now: Date.now }),
      invoke,
      destination: { put: () => Promise.reject(new Error("nothing is to be given up")) },
      checkpoints,
      metrics: new MetricStore(),
      random: Math.random,
    },
    { pollIntervalMs: 5 },
  );
  const running = mapping.run(stop.signal);
  await putWhenActive(call, texts);
  await running;
  expect(received.map((each) => each.text).sort()).toEqual([...texts].sort());
  const numbersOf = (shardId: string) =>
    received.filter((each) => each.shardId === shardId).map((each) => Number(each.text.slice(6)));
  for (const { shardId, checkpoint } of mapping.status()) {
    expect(numbersOf(shardId).length).toBeGreaterThan(0);
    expect(numbersOf(shardId)).toEqual(numbersOf(shardId).sort((a, b) => a - b));
    expect(checkpoint).toMatchObject({ kind: "after" });
    expect(checkpoints.kept.get(shardId)).toEqual(checkpoint);
  }
});

async function putWhenActive(call: ReturnType<typeof kinesisCall>, texts: string[]): Promise<void> {
  const records = texts.map((text, n) => ({ PartitionKey: `p${n}`, Data: Buffer.from(text).toString("base64") }));
  for (;;) {
    try {
      await call("PutRecords", { StreamName: "events", Records: records }, 1_000_000);
      return;
    } catch (error) {
      if (!String(error).includes("not found")) throw error;
    }
  }
}

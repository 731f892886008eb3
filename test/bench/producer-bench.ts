import { Readable } from "node:stream";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Message } from "../../cli/recording/recorded-event.ts";
import { openRecording } from "../../cli/recording/recording.ts";
import { stamp } from "../../cli/recording/stamp.ts";
import { partitionKey } from "../../lib/producer/event-line.ts";
import { Producer } from "../../lib/producer/producer.ts";
import { rees46File } from "../e2e/rees46-count.ts";
import { chunks } from "./rees46-batches.ts";

/**
 * A provisioned stream is charged by payloads of 25 KB that a record has begun, one on demand by its bytes with each
 * record rounded up to a KB ("Amazon Kinesis Data Streams pricing").
 */
const payloadBytes = 25 * 1_024;
const roundedBytes = 1_024;
const eventsMax = 10_000;

interface Entry {
  readonly Data: string;
  readonly PartitionKey: string;
}

/** What a stream of one shard would be charged for. Answers at once: what is left is what the sender costs. */
class Meter {
  on = false;
  records = 0;
  bytes = 0;
  onDemandBytes = 0;
  payloads = 0;
  readonly client: KinesisClient;

  constructor() {
    const requestHandler = {
      metadata: { handlerProtocol: "http/1.1" },
      handle: async ({ headers, body }: { headers: Record<string, string>; body: string | Uint8Array }) => {
        const isPut = String(headers["x-amz-target"]).endsWith("PutRecords");
        const answer = Buffer.from(
          isPut
            ? this.#take(
                typeof body === "string" ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(),
              )
            : oneShard,
        );
        const answerHeaders = { "content-type": "application/x-amz-json-1.1", "content-length": String(answer.length) };
        return { response: { statusCode: 200, headers: answerHeaders, body: Readable.from([answer]) } };
      },
      destroy: () => {},
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
    } as unknown as NodeHttpHandler;
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    this.client = new KinesisClient({
      region: "us-east-1",
      credentials,
      endpoint: "http://127.0.0.1:1",
      requestHandler,
    });
  }

  #take(body: string): string {
    const count = body.split('"PartitionKey"').length - 1;
    if (this.on) {
      for (const { Data, PartitionKey } of (JSON.parse(body) as { Records: Entry[] }).Records) {
        const bytes = Buffer.byteLength(Data, "base64") + Buffer.byteLength(PartitionKey);
        this.records++;
        this.bytes += bytes;
        this.onDemandBytes += Math.ceil(bytes / roundedBytes) * roundedBytes;
        this.payloads += Math.ceil(bytes / payloadBytes);
      }
    }
    return `{"FailedRecordCount":0,"Records":[${Array(count).fill(taken).join(",")}]}`;
  }
}
const taken = '{"SequenceNumber":"1","ShardId":"shardId-000000000000"}';
const oneShard = JSON.stringify({
  Shards: [
    {
      ShardId: "shardId-000000000000",
      HashKeyRange: { StartingHashKey: "0", EndingHashKey: String((1n << 128n) - 1n) },
      SequenceNumberRange: { StartingSequenceNumber: "1" },
    },
  ],
});

type Send = (meter: Meter, events: readonly Message[]) => Promise<void>;

/** One record an event, as anybody with an SDK would; so many at a time, at most 500 a request. */
const plain =
  (together: number): Send =>
  async ({ client }, events) => {
    for (const some of chunks(events, Math.min(500, together))) {
      const Records = some.map((event) => ({
        Data: Buffer.from(JSON.stringify(event)),
        PartitionKey: partitionKey({ ...event }),
      }));
      await client.send(new PutRecordsCommand({ StreamName: "events", Records }));
    }
  };

/** So many events come while a record waits for company. */
const packed =
  (together: number): Send =>
  async ({ client }, events) => {
    const producer = new Producer({ client, streamName: "events", lingerMs: 60_000 });
    for (const some of chunks(events, together)) {
      for (const event of some) await producer.send({ ...event });
      await producer.flush();
    }
    await producer.close();
  };

/** What a shard gets in the 100 ms that the producer lets events wait by default; the last: as fast as it goes. */
const paces = [10, 100, 1_000, Number.MAX_SAFE_INTEGER] as const;

/** Of a thousand events. */
export interface SendingFigures {
  readonly records: number;
  readonly bytes: number;
  /** Charged for on demand. */
  readonly onDemandBytes: number;
  /** PUT payload units of 25 KB, charged for where the stream is provisioned. */
  readonly payloads: number;
  /** Of all threads, compression included. */
  readonly cpuMs: number;
  readonly ms: number;
}

export interface ProducerFigures {
  readonly events: number;
  readonly perTenthSecond: number | "max";
  readonly plain: SendingFigures;
  readonly packed: SendingFigures;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** One way of sending, run after run. */
class Measured {
  readonly #send: Send;
  readonly #meter = new Meter();
  readonly #ms: number[] = [];
  readonly #cpuUs: number[] = [];

  constructor(send: Send) {
    this.#send = send;
  }

  async run(events: readonly Message[], number: number): Promise<void> {
    // The first run is measured in bytes, the second warms up too.
    this.#meter.on = number === 0;
    const startMs = performance.now();
    const start = process.cpuUsage();
    await this.#send(this.#meter, events);
    const { user, system } = process.cpuUsage(start);
    if (number < 2) return;
    this.#ms.push(performance.now() - startMs);
    this.#cpuUs.push(user + system);
  }

  figures(events: number): SendingFigures {
    const { records, bytes, onDemandBytes, payloads } = this.#meter;
    const of = (value: number): number => (value * 1_000) / events;
    return {
      records: of(records),
      bytes: of(bytes),
      onDemandBytes: of(onDemandBytes),
      payloads: of(payloads),
      cpuMs: of(median(this.#cpuUs) / 1_000),
      ms: of(median(this.#ms)),
    };
  }
}

/** What Kinesis would charge, and what sending costs, with the producer and without, in interleaved runs. */
export async function producerFigures(runs = 3): Promise<ProducerFigures[]> {
  const events: Message[] = [];
  for await (const batch of await openRecording(rees46File)) {
    for (const event of batch) if (events.length < eventsMax) events.push(stamp(event, { shiftMs: 0, run: "" }));
  }
  const ways = paces.map((pace) => ({
    pace,
    plain: new Measured(plain(pace)),
    packed: new Measured(packed(pace)),
  }));
  for (let run = 0; run < runs + 2; run++) {
    for (const way of ways) {
      await way.plain.run(events, run);
      await way.packed.run(events, run);
    }
  }
  return ways.map((way) => ({
    events: events.length,
    perTenthSecond: way.pace === Number.MAX_SAFE_INTEGER ? "max" : way.pace,
    plain: way.plain.figures(events.length),
    packed: way.packed.figures(events.length),
  }));
}

const columns: readonly [name: string, of: (figures: SendingFigures) => number][] = [
  ["records", ({ records }) => records],
  ["KiB", ({ bytes }) => bytes / 1_024],
  ["KiB on demand", ({ onDemandBytes }) => onDemandBytes / 1_024],
  ["PUT payloads", ({ payloads }) => payloads],
  ["CPU ms", ({ cpuMs }) => cpuMs],
  ["ms", ({ ms }) => ms],
];

/** The figures as lines: one record an event, the producer, and how many times less that is. */
export function producerLines(figures: readonly ProducerFigures[]): string[] {
  const lines = figures.flatMap(({ perTenthSecond, plain, packed }) => {
    const row = (name: string, value: (of: (figures: SendingFigures) => number) => number): string =>
      `  ${name.padEnd(22)}${columns.map(([, of]) => value(of).toFixed(1).padStart(15)).join("")}`;
    return [
      `  ${perTenthSecond === "max" ? "as fast as it goes" : `${perTenthSecond} events each 100 ms`}`,
      row("  one record an event", (of) => of(plain)),
      row("  producer", (of) => of(packed)),
      row("  times less", (of) => of(plain) / of(packed)),
    ];
  });
  return [
    `\nSending ${figures[0]?.events} events to one shard: a thousand of them are for Kinesis, and cost the sender`,
    `  ${"".padEnd(22)}${columns.map(([name]) => name.padStart(15)).join("")}`,
    ...lines,
    "  at least 10 times less of what Kinesis charges for: PUT payloads, or KiB on demand (each record rounded up)",
  ];
}

import {
  GetShardIteratorCommand,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
} from "@aws-sdk/client-kinesis";
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import {
  InternalServerException,
  ThrottlingException,
  type TimestreamWriteClient,
  WriteRecordsCommand,
} from "@aws-sdk/client-timestream-write";
import { names } from "../../lib/names.ts";
import type { KinesisShards } from "../fakes/kinesis-stream.ts";
import type { LedgerTable } from "../fakes/ledger-table.ts";
import type { S3Bucket } from "../fakes/s3-bucket.ts";
import { callOf, shownAnswer, shownRequest, unavailable } from "./ledger-calls.ts";
import type { CallName } from "./plan.ts";
import type { Call, Process } from "./process.ts";
import type { Product } from "./product.ts";
import type { TimestreamQueries } from "./timestream-query.ts";
import type { TimestreamTable } from "./timestream-table.ts";

/** What is outside of all processes. */
export interface Outside {
  readonly ledger: LedgerTable;
  readonly table: TimestreamTable;
  readonly queries: TimestreamQueries;
  readonly kinesis: KinesisShards;
  readonly bucket: S3Bucket;
  readonly streamName: string;
}

export type Services = ReturnType<typeof servicesOf>;

type Via = (command: { readonly input: object }, run: () => unknown) => Promise<unknown>;

/**
 * The services as one process reaches them: the real code, and each of its requests a call of the process. `waitMsMax`: how
 * long it is patient with a throttled shard.
 */
export function servicesOf(outside: Outside, product: Product, process: Process, waitMsMax = 0) {
  const { clock } = process;
  const { ledger, table, queries, kinesis, bucket, streamName } = outside;
  const dynamo = ledger.client((command, run) =>
    send(process, run, {
      name: callOf(command),
      about: () => shownRequest(command),
      error: unavailable,
      shown: shownAnswer,
    }),
  );
  const s3 = bucket.client(bucketVia(process));
  const query = queries.client((_, run) =>
    send(process, run, { name: "store.query", about: () => "", error: () => new Error("the store does not answer") }),
  );
  return {
    ledger: new product.DynamoLedger(dynamo, ledger.settings.name, clock),
    store: new product.TimestreamStore(
      { write: writeClient(table, process), query },
      { database: "d", table: "t" },
      clock,
    ),
    stream: new product.KinesisStream(kinesis.client(streamVia(process)), streamName, { waitMsMax, clock }),
    failures: new product.S3FailureFiles(s3, bucketName),
    quarantine: new product.S3Quarantine(s3, bucketName),
  };
}

const bucketName = "bucket";

/** Sends a request; the SDK sends it again by itself where its answer is lost, and a condition may then fail by its own first try. */
const send = (
  process: Process,
  run: () => unknown,
  call: Omit<Call<unknown>, "run" | "askedAgain">,
): Promise<unknown> => process.call({ ...call, run: async () => run(), askedAgain: async () => run() });

/** Tries that the SDK makes of a request that is throttled. */
const triesMax = 3;

const streamVia =
  (process: Process): Via =>
  async (command, run) => {
    const about = (): string => JSON.stringify(command.input);
    const error = (): Error => new Error("the stream does not answer");
    for (let tries = 1; ; tries++) {
      try {
        return await send(process, run, { name: streamCallOf(command), about, error });
      } catch (error) {
        if (tries === triesMax || !(error instanceof ProvisionedThroughputExceededException)) throw error;
        await process.clock.sleep(Math.ceil(Math.random() * 100 * 2 ** tries));
      }
    }
  };

function streamCallOf(command: object): CallName {
  if (command instanceof ListShardsCommand) return "stream.shards";
  return command instanceof GetShardIteratorCommand ? "stream.iterator" : "stream.read";
}

const bucketVia =
  (process: Process): Via =>
  (command, run) =>
    send(process, run, {
      name: bucketCallOf(command),
      about: () => String((command.input as { Key?: string; Prefix?: string }).Key ?? ""),
      error: () => new Error("the bucket does not answer"),
    });

function bucketCallOf(command: object): CallName {
  if (command instanceof ListObjectsV2Command) return "failures.list";
  if (command instanceof GetObjectCommand)
    return command.input.Range === undefined ? "failures.read" : "failures.range";
  if (command instanceof PutObjectCommand && command.input.Key?.startsWith(names.quarantinePrefix))
    return "quarantine.put";
  if (command instanceof PutObjectCommand || command instanceof DeleteObjectCommand) return "failures.settle";
  throw new Error(`Expected a request of quarantine or of failure files, got ${command.constructor.name}`);
}

/** Its store decides itself how long to go on trying: no request is sent again by the SDK. */
function writeClient(table: TimestreamTable, process: Process): TimestreamWriteClient {
  const write = (command: object): Promise<unknown> => {
    if (!(command instanceof WriteRecordsCommand)) throw new Error(`Expected rows, got ${command.constructor.name}`);
    return process.call({
      name: "store.write",
      about: () => shownWrite(command.input),
      run: async () => {
        const refusedBefore = table.movedOut;
        try {
          return table.write(command.input);
        } finally {
          process.sawAged ||= table.movedOut > refusedBefore;
        }
      },
      error: (refused) =>
        refused
          ? new ThrottlingException({ message: "slow down", Message: "slow down", $metadata: {} })
          : new InternalServerException({ message: "no", Message: "no", $metadata: {} }),
    });
  };
  return { send: write } as unknown as TimestreamWriteClient;
}

function shownWrite({ CommonAttributes: common, Records: records = [] }: WriteRecordsCommand["input"]): string {
  const [part, def] = common?.Dimensions ?? [];
  const counts = records.map(({ MeasureValues }) => MeasureValues?.[0]?.Value).join(" ");
  const of = `${common?.MeasureName}/${def?.Value?.slice(0, 4)} of ${part?.Value?.slice(0, 6)}`;
  return `${records.length} rows of ${of} v${common?.Version}: counts ${counts}`;
}

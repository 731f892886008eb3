import { createRequire } from "node:module";
import type { MetricSink } from "../cloudwatch/metrics.ts";
import type { AwsService } from "../endpoint/aws-endpoint.ts";
import {
  type Action,
  type InputCheck,
  type Operations,
  operationResponse,
  runOperation,
} from "../endpoint/operations.ts";
import { untilActive } from "../endpoint/until-active.ts";
import { putCounted, putsCounted } from "./put-metrics.ts";
import { limitedIterators, limitedReads, type ReadLimits } from "./read-limits.ts";
import { getRecords, getShardIterator } from "./reading.ts";
import { listShards, listStreams, ofOpenShards } from "./shards.ts";
import { deleteExpired, type KinesisStore, openStore } from "./store.ts";
import { withStreamName } from "./stream-name.ts";

export type KinesisOptions = {
  /** The folder to keep the streams in. Without one they are in memory, records and all, and gone at the end. */
  readonly path?: string;
  readonly region: string;
  readonly accountId: string;
  /** Gets the stream metrics of what is put; they are lost without it. */
  readonly metrics?: MetricSink;
  /** Refuses reads as AWS does; without it a shard may be read as often as this machine can. */
  readonly readLimits?: ReadLimits;
};

export type StreamSettings = { readonly name: string; readonly shards: number; readonly retentionHours: number };

/** Kinesis Data Streams, by kinesalite. */
export type Kinesis = AwsService & {
  /** One operation without HTTP, such as `GetRecords`; `Data` is in base64. Throws OperationError. */
  readonly call: (operation: string, input: object) => Promise<unknown>;
  /** Makes the stream where it is not there yet, gives it its retention, and resolves to its ARN when it is active. */
  readonly createStream: (settings: StreamSettings) => Promise<string>;
  /** Deletes records past their stream's retention; kinesalite does not, but when somebody reads them. */
  readonly trim: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** kinesalite has no on-demand streams, no enhanced fan-out and no UpdateShardCount. */
const operationNames = [
  ...["AddTagsToStream", "CreateStream", "DecreaseStreamRetentionPeriod", "DeleteStream", "DescribeStream"],
  ...["DescribeStreamSummary", "GetRecords", "GetShardIterator", "IncreaseStreamRetentionPeriod", "ListShards"],
  ...[
    "ListStreams",
    "ListTagsForStream",
    "MergeShards",
    "PutRecord",
    "PutRecords",
    "RemoveTagsFromStream",
    "SplitShard",
  ],
];

const contentType = "application/x-amz-json-1.1";

/** The largest PutRecords, 10 MiB (Kinesis API reference, PutRecords), in base64. */
const requestBytesMax = 15 * 1024 * 1024;

type Replacements = Readonly<Record<string, (action: Action<KinesisStore>) => Action<KinesisStore>>>;

const replaced: Replacements = {
  GetRecords: getRecords,
  GetShardIterator: getShardIterator,
  ListShards: listShards,
  ListStreams: listStreams,
  MergeShards: ofOpenShards("ShardToMerge", "AdjacentShardToMerge"),
  SplitShard: ofOpenShards("ShardToSplit"),
};

/** A year, of which kinesalite takes a week (Kinesis API reference, IncreaseStreamRetentionPeriod). */
const retentionHoursMax = 8_760;

/** Members that kinesalite does not know, and their types as it has them. */
const moreMembers: Readonly<Record<string, object>> = {
  ListShards: {
    ShardFilter: {
      type: "Structure",
      children: { Type: { type: "String" }, ShardId: { type: "String" }, Timestamp: { type: "Timestamp" } },
    },
  },
  ListStreams: { NextToken: { type: "String" } },
  ...Object.fromEntries(
    ["Increase", "Decrease"].map((change) => [
      `${change}StreamRetentionPeriod`,
      {
        RetentionPeriodHours: {
          type: "Integer",
          notNull: true,
          greaterThanOrEqual: 1,
          lessThanOrEqual: retentionHoursMax,
        },
      },
    ]),
  ),
};

/** Members that kinesalite takes and does nothing with. */
const idleMembers: Readonly<Record<string, readonly string[]>> = { ListShards: ["StreamCreationTimestamp"] };

const counting = (metrics: MetricSink): Replacements => ({
  PutRecord: putCounted(metrics),
  PutRecords: putsCounted(metrics),
});

const limiting = (limits: ReadLimits, metrics: MetricSink | undefined): Replacements => {
  const limited = limitedReads(limits, metrics);
  const limitedIterator = limitedIterators(limits);
  return {
    GetRecords: (action) => limited(getRecords(action)),
    GetShardIterator: (action) => limitedIterator(getShardIterator(action)),
  };
};

function kinesisOperations(store: KinesisStore, { metrics, readLimits }: KinesisOptions): Operations<KinesisStore> {
  const replacements: Replacements = {
    ...replaced,
    ...(metrics === undefined ? {} : counting(metrics)),
    ...(readLimits === undefined ? {} : limiting(readLimits, metrics)),
  };
  const require = createRequire(import.meta.url);
  const operations = operationNames.map((name) => {
    const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    const action: Action<KinesisStore> = require(`kinesalite/actions/${file}`);
    const { types, custom }: InputCheck = require(`kinesalite/validations/${file}`);
    const known = Object.fromEntries(
      Object.entries({ ...types, ...moreMembers[name] }).filter(([member]) => !idleMembers[name]?.includes(member)),
    );
    return [name, { action: replacements[name]?.(action) ?? action, check: { types: known, custom } }] as const;
  });
  return {
    store,
    validations: require("kinesalite/validations"),
    operations: new Map(operations),
    prepare: withStreamName,
  };
}

type Summary = { StreamARN: string; StreamStatus: string; RetentionPeriodHours: number };

/**
 * Opens the streams kept at `path`. They are served by the operations of kinesalite without its HTTP server, which
 * ends the process when a client breaks off, takes no more than 7 MiB, and stores what came in CBOR so that clients
 * that speak JSON cannot read it.
 */
export async function openKinesis(options: KinesisOptions): Promise<Kinesis> {
  const store = await openStore(options);
  const service = kinesisOperations(store, options);
  const call: Kinesis["call"] = (operation, input) => runOperation(service, operation, input);

  const summary = async (StreamName: string): Promise<Summary> => {
    const output = await call("DescribeStreamSummary", { StreamName });
    return (output as { StreamDescriptionSummary: Summary }).StreamDescriptionSummary;
  };

  const exists = async (StreamName: string): Promise<boolean> => {
    const { StreamNames } = (await call("ListStreams", { Limit: 10_000 })) as { StreamNames: string[] };
    return StreamNames.includes(StreamName);
  };

  await deleteExpired(store);
  return {
    bodyBytesMax: requestBytesMax,
    handle: (request) => operationResponse(service, request, contentType),
    call,
    createStream: async ({ name: StreamName, shards: ShardCount, retentionHours: RetentionPeriodHours }) => {
      if (!(await exists(StreamName))) await call("CreateStream", { StreamName, ShardCount });
      const ask = () => summary(StreamName);
      const stream = await untilActive(`the stream ${StreamName}`, ask, ({ StreamStatus }) => StreamStatus);
      const change = RetentionPeriodHours > stream.RetentionPeriodHours ? "Increase" : "Decrease";
      if (RetentionPeriodHours !== stream.RetentionPeriodHours) {
        await call(`${change}StreamRetentionPeriod`, { StreamName, RetentionPeriodHours });
      }
      return stream.StreamARN;
    },
    trim: () => deleteExpired(store),
    close: () => store.close(),
  };
}

import { createRequire } from "node:module";
import type { AwsService } from "../aws-endpoint.ts";
import { type Action, type InputCheck, type Operations, operationResponse, runOperation } from "./operations.ts";
import { untilActive } from "./until-active.ts";

export type DynamoDbOptions = {
  /** The folder to keep the tables in. Without one they are in memory and gone at the end. */
  readonly path?: string;
  readonly region: string;
  readonly accountId: string;
};

/** DynamoDB, by dynalite. */
export type DynamoDb = AwsService & {
  /** One operation without HTTP. Throws OperationError. */
  readonly call: (operation: string, input: object) => Promise<unknown>;
  /** Makes the table where it is not there yet; the input is that of CreateTable. Resolves to its ARN when it is active. */
  readonly createTable: (input: { readonly TableName: string; readonly [member: string]: unknown }) => Promise<string>;
  readonly close: () => Promise<void>;
};

/** dynalite has no transactions, no PartiQL, no streams, no backups; items do not expire. */
const operationNames = [
  ...["BatchGetItem", "BatchWriteItem", "CreateTable", "DeleteItem", "DeleteTable", "DescribeTable"],
  ...["DescribeTimeToLive", "GetItem", "ListTables", "ListTagsOfResource", "PutItem", "Query", "Scan", "TagResource"],
  ...["UntagResource", "UpdateItem", "UpdateTable"],
];

const contentType = "application/x-amz-json-1.0";

/** A BatchWriteItem of 16 MB (DynamoDB API reference, BatchWriteItem), and what JSON adds to it. */
const requestBytesMax = 24 * 1024 * 1024;

type LevelIterator = { readonly close: () => Promise<void>; return?: () => Promise<void> };
type Level = {
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
  keys: (range?: object) => LevelIterator;
  values: (range?: object) => LevelIterator;
};
type Store = { readonly tableDb: { awsAccountId: string; awsRegion: string }; readonly db: Level };

/**
 * dynalite ends its iterators by `return()`, which those of abstract-level do not have: each query would leave one
 * open, and with it some 20 KB, until the tables are closed.
 */
function closeIterators(db: Level): void {
  const closing = (iterate: Level["keys"]): Level["keys"] => {
    return (range) => {
      const iterator = iterate.call(db, range);
      iterator.return ??= () => iterator.close();
      return iterator;
    };
  };
  db.keys = closing(db.keys);
  db.values = closing(db.values);
}

async function openStore({ path, region, accountId }: DynamoDbOptions): Promise<Store> {
  const require = createRequire(import.meta.url);
  const delays = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
  const store: Store = require("dynalite/db").create({ ...delays, ...(path === undefined ? {} : { path }) });
  try {
    await store.db.open();
  } catch (cause) {
    throw new Error(`Expected to open the tables at ${path}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  closeIterators(store.db);
  store.tableDb.awsAccountId = accountId;
  store.tableDb.awsRegion = region;
  return store;
}

function dynamoDbOperations(store: Store): Operations<Store> {
  const require = createRequire(import.meta.url);
  const operations = operationNames.map((name) => {
    const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    const action: Action<Store> = require(`dynalite/actions/${file}`);
    const check: InputCheck = require(`dynalite/validations/${file}`);
    return [name, { action, check }] as const;
  });
  return { store, validations: require("dynalite/validations"), operations: new Map(operations) };
}

type Table = { TableArn: string; TableStatus: string };

/** Opens the tables kept at `path`. They are served by the operations of dynalite without its HTTP server. */
export async function openDynamoDb(options: DynamoDbOptions): Promise<DynamoDb> {
  const store = await openStore(options);
  const service = dynamoDbOperations(store);
  const call: DynamoDb["call"] = (operation, input) => runOperation(service, operation, input);

  const describe = async (TableName: string): Promise<Table> =>
    ((await call("DescribeTable", { TableName })) as { Table: Table }).Table;

  return {
    bodyBytesMax: requestBytesMax,
    handle: (request) => operationResponse(service, request, contentType),
    call,
    createTable: async (input) => {
      const { TableName } = input;
      const { TableNames } = (await call("ListTables", {})) as { TableNames: string[] };
      if (!TableNames.includes(TableName)) await call("CreateTable", input);
      const ask = () => describe(TableName);
      const table = await untilActive(`the table ${TableName}`, ask, ({ TableStatus }) => TableStatus);
      return table.TableArn;
    },
    close: () => store.db.close(),
  };
}

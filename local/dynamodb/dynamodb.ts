import { createRequire } from "node:module";
import type { AwsService } from "../endpoint/aws-endpoint.ts";
import {
  type Action,
  type InputCheck,
  OperationError,
  type Operations,
  operationResponse,
  runOperation,
} from "../endpoint/operations.ts";
import { untilActive } from "../endpoint/until-active.ts";

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
  /** From now on items of the table end at the time that the attribute says, in seconds since the epoch. */
  readonly setTimeToLive: (tableName: string, attribute: string) => void;
  /** Deletes the items whose time is over. */
  readonly deleteExpired: (nowMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** dynalite has no transactions, no PartiQL, no streams, no backups. */
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

type Item = Readonly<Record<string, unknown>>;
type Page = { readonly Items: readonly Item[]; readonly LastEvaluatedKey?: Item };
type Table = { TableArn: string; TableStatus: string; KeySchema: readonly { readonly AttributeName: string }[] };

/** A time that is over five years ago is taken for a mistake (DynamoDB developer guide, "Time to live"). */
const overSecondsMax = 5 * 365 * 86_400;

/** Opens the tables kept at `path`. They are served by the operations of dynalite without its HTTP server. */
export async function openDynamoDb(options: DynamoDbOptions): Promise<DynamoDb> {
  const store = await openStore(options);
  const service = dynamoDbOperations(store);
  const call: DynamoDb["call"] = (operation, input) => runOperation(service, operation, input);

  const describe = async (TableName: string): Promise<Table> =>
    ((await call("DescribeTable", { TableName })) as { Table: Table }).Table;

  const timesToLive = new Map<string, string>();

  async function* expired(TableName: string, attribute: string, nowSeconds: number): AsyncGenerator<Item> {
    const keys = (await describe(TableName)).KeySchema.map(({ AttributeName }) => AttributeName);
    const names = Object.fromEntries([...keys, attribute].map((name, place) => [`#n${place}`, name]));
    const question = {
      TableName,
      FilterExpression: `#n${keys.length} BETWEEN :oldest AND :now`,
      ProjectionExpression: keys.map((_, place) => `#n${place}`).join(", "),
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: {
        ":oldest": { N: String(nowSeconds - overSecondsMax) },
        ":now": { N: String(nowSeconds - 1) },
      },
    };
    let start: Item | undefined;
    do {
      const page = (await call("Scan", { ...question, ExclusiveStartKey: start })) as Page;
      yield* page.Items;
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  /** Unless it was written anew since it was found. */
  const deleteIfExpired = async (
    TableName: string,
    Key: Item,
    attribute: string,
    nowSeconds: number,
  ): Promise<void> => {
    const ConditionExpression = "#expires < :now";
    const ExpressionAttributeNames = { "#expires": attribute };
    const ExpressionAttributeValues = { ":now": { N: String(nowSeconds) } };
    const condition = { ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues };
    await call("DeleteItem", { TableName, Key, ...condition }).catch((error: unknown) => {
      if (!(error instanceof OperationError) || error.type !== "ConditionalCheckFailedException") throw error;
    });
  };

  return {
    bodyBytesMax: requestBytesMax,
    handle: (request) => operationResponse(service, request, contentType),
    call,
    setTimeToLive: (tableName, attribute) => void timesToLive.set(tableName, attribute),
    deleteExpired: async (nowMs) => {
      const nowSeconds = Math.floor(nowMs / 1_000);
      for (const [table, attribute] of timesToLive) {
        for await (const key of expired(table, attribute, nowSeconds)) {
          await deleteIfExpired(table, key, attribute, nowSeconds);
        }
      }
    },
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

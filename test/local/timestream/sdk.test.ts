import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CancelQueryCommand,
  paginateQuery,
  QueryCommand,
  TimestreamQueryClient,
} from "@aws-sdk/client-timestream-query";
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DescribeEndpointsCommand,
  DescribeTableCommand,
  ListTablesCommand,
  RejectedRecordsException,
  ResourceNotFoundException,
  TimestreamWriteClient,
  ValidationException,
  WriteRecordsCommand,
} from "@aws-sdk/client-timestream-write";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTimestream, type Timestream } from "../../../local/timestream/timestream.ts";
import { NOW_MS } from "./emulator.ts";

const views = { DatabaseName: "shop", TableName: "views" };
let timestream: Timestream;
let server: Server;
let writes: TimestreamWriteClient;
let queries: TimestreamQueryClient;

beforeAll(async () => {
  timestream = await openTimestream({ file: ":memory:", now: () => NOW_MS });
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [, operation = ""] = String(request.headers["x-amz-target"]).split(".");
    const answer = await timestream.handle(operation, Buffer.concat(chunks).toString(), request.headers.host ?? "");
    response.writeHead(answer.status, {
      "content-type": "application/x-amz-json-1.0",
      ...(answer.errorType && { "x-amzn-errortype": answer.errorType }),
    });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const settings = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  };
  writes = new TimestreamWriteClient(settings);
  queries = new TimestreamQueryClient(settings);
  await writes.send(new CreateDatabaseCommand({ DatabaseName: "shop" }));
  await writes.send(new CreateTableCommand(views));
});

afterAll(async () => {
  writes.destroy();
  queries.destroy();
  await new Promise((resolve) => server.close(resolve));
  await timestream.close();
});

function write(values: string[], version = 1) {
  const Records = values.map((Value, at) => ({
    Dimensions: [{ Name: "path", Value: `/${at}` }],
    MeasureValues: [{ Name: "count", Value, Type: "BIGINT" as const }],
  }));
  const CommonAttributes = {
    MeasureName: "views",
    MeasureValueType: "MULTI" as const,
    Time: String(NOW_MS),
    Version: version,
  };
  return writes.send(new WriteRecordsCommand({ ...views, CommonAttributes, Records }));
}

test("the SDK's write client reads dates, counts and rejections", async () => {
  const { Table } = await writes.send(new DescribeTableCommand(views));
  expect(Table?.CreationTime).toEqual(new Date(NOW_MS));
  expect((await writes.send(new ListTablesCommand({}))).Tables).toHaveLength(1);
  expect((await write(["1", "2"], 7)).RecordsIngested).toEqual({ Total: 2, MemoryStore: 2, MagneticStore: 0 });

  const error = await write(["1", "3", "4"], 6).catch((rejected: unknown) => rejected);
  expect(error).toBeInstanceOf(RejectedRecordsException);
  const rejected = error as RejectedRecordsException;
  expect(rejected.$metadata.httpStatusCode).toBe(419);
  expect(rejected.message).toBe("One or more records have been rejected. See RejectedRecords for details.");
  expect(rejected.RejectedRecords).toMatchObject([
    { RecordIndex: 0, ExistingVersion: 7 },
    { RecordIndex: 1, ExistingVersion: 7, Reason: expect.stringContaining("lower than the existing version 7") },
  ]);
});

test("the SDK's write client tells the errors apart", async () => {
  const unknown = writes.send(new DescribeTableCommand({ ...views, TableName: "none" }));
  await expect(unknown).rejects.toBeInstanceOf(ResourceNotFoundException);
  await expect(write([])).rejects.toBeInstanceOf(ValidationException);
  const { Endpoints } = await writes.send(new DescribeEndpointsCommand({}));
  expect(Endpoints).toEqual([{ Address: "127.0.0.1", CachePeriodInMinutes: 1440 }]);
});

test("the SDK's query client pages through a result", async () => {
  const QueryString = "SELECT x, 'a', ARRAY[x] FROM UNNEST(sequence(1, 25)) AS t(x) ORDER BY x";
  const seen: (string | undefined)[] = [];
  for await (const page of paginateQuery({ client: queries, pageSize: 10 }, { QueryString })) {
    for (const row of page.Rows ?? []) seen.push(row.Data?.[0]?.ScalarValue);
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, at) => String(at + 1)));
  const { QueryId = "", ColumnInfo } = await queries.send(new QueryCommand({ QueryString, MaxRows: 5 }));
  expect(ColumnInfo?.[2]?.Type?.ArrayColumnInfo?.Type?.ScalarType).toBe("BIGINT");
  await queries.send(new CancelQueryCommand({ QueryId }));
  await expect(queries.send(new QueryCommand({ QueryString: "SELECT" }))).rejects.toMatchObject({
    name: "ValidationException",
  });
});

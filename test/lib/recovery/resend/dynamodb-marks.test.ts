import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DynamoReplayMarks } from "../../../../lib/recovery/resend/dynamodb-marks.ts";
import { openDynamoDb } from "../../../../local/dynamodb/dynamodb.ts";
import { startAwsEndpoint } from "../../../../local/endpoint/aws-endpoint.ts";
import { createLedgerTable } from "../../store/ledger/ledger-table.ts";

let dynamodb: Awaited<ReturnType<typeof openDynamoDb>>;
let endpoint: Awaited<ReturnType<typeof startAwsEndpoint>>;
let client: DynamoDBClient;
beforeAll(async () => {
  dynamodb = await openDynamoDb({ region: "us-east-1", accountId: "000000000000" });
  endpoint = await startAwsEndpoint({ port: 0, services: { dynamodb } });
  await createLedgerTable({ dynamodb }, "ledger");
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new DynamoDBClient({ endpoint: endpoint.url, region: "us-east-1", credentials });
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
  await dynamodb.close();
});

test("the first writer gets a mark, found again by the message's source and id; the table stores neither", async () => {
  const marks = new DynamoReplayMarks(client, "ledger");
  const untilMs = Date.UTC(2026, 0, 31);
  const next = { attempt: 1, of: 0, state: "sending", entry: "e", patch: "p", untilMs } as const;
  const id = { source: "web", messageId: "ann@example.com/\u0000ü" };
  expect(await marks.read(id)).toBe(undefined);
  expect(await marks.move(id, undefined, next)).toBe(true);
  expect(await marks.move(id, undefined, next)).toBe(false);
  const mark = await marks.read(id);
  expect(mark).toEqual({ ...next, revision: 1 });
  expect(await marks.move(id, mark, { ...next, state: "sent" })).toBe(true);
  expect(await marks.move(id, mark, { ...next, attempt: 2 })).toBe(false);
  expect(await marks.read(id)).toEqual({ ...next, state: "sent", revision: 2 });
  expect(await marks.read({ ...id, messageId: `${id.messageId}x` })).toBe(undefined);
  expect(await marks.read({ ...id, source: "shop" })).toBe(undefined);
  const { Items = [] } = await client.send(new ScanCommand({ TableName: "ledger" }));
  expect(JSON.stringify(Items)).not.toContain("ann@");
  // As long as a copy that is rejected at the last moment is in quarantine.
  expect(Number(Items[0]?.expires?.N)).toBeGreaterThanOrEqual(untilMs / 1_000 + 90 * 86_400);
});

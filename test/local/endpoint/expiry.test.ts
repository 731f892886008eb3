import { expect, test } from "vitest";
import type { DynamoDb } from "../../../local/dynamodb/dynamodb.ts";
import type { S3 } from "../../../local/s3/s3.ts";
import { dynamoDbTable } from "../../../local/template/resources/dynamodb-table.ts";
import { s3Bucket } from "../../../local/template/resources/s3-bucket.ts";

const provision = { logicalId: "L", physicalId: "p" };

test("a table's items expire by the attribute that the template names", async () => {
  const ends: string[][] = [];
  const dynamodb = {
    createTable: async () => "arn",
    setTimeToLive: (...asked: string[]) => void ends.push(asked),
  } as unknown as DynamoDb;
  const table = (TimeToLiveSpecification?: object) =>
    dynamoDbTable(dynamodb)({ ...provision, properties: { TableName: "ledger", TimeToLiveSpecification } } as never);
  await table({ AttributeName: "expires", Enabled: true });
  await table({ AttributeName: "expires", Enabled: false });
  await table();
  expect(ends).toEqual([["ledger", "expires"]]);
});

test("a bucket's objects and unfinished uploads expire after the template's days, and a rule for some objects only is refused by name", () => {
  const ends: unknown[][] = [];
  const s3 = {
    createBucket: () => {},
    setLifetime: (...asked: unknown[]) => void ends.push(asked),
  } as unknown as S3;
  const bucket = (...Rules: object[]) =>
    s3Bucket(s3)({ ...provision, properties: { BucketName: "rejects", LifecycleConfiguration: { Rules } } } as never);
  void bucket({ Status: "Enabled", ExpirationInDays: 90, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } });
  void bucket({ Status: "Disabled", ExpirationInDays: 1 });
  void bucket({ Status: "Enabled", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } });
  expect(ends).toEqual([
    ["rejects", { ofObjects: 90, ofUploads: 1 }],
    ["rejects", {}],
    ["rejects", { ofUploads: 1 }],
  ]);
  expect(() => bucket({ Status: "Enabled", ExpirationInDays: 1, Prefix: "a/" })).toThrow("got one with Prefix");
});

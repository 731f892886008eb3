import type { Catalog } from "./catalog/catalog.ts";
import type { Engine } from "./engine.ts";
import { invalid } from "./failure.ts";
import type { Fields } from "./field.ts";
import type { QueryRunner } from "./query/query-runner.ts";
import type { Turn } from "./turn.ts";
import type { WriteQueue } from "./write/write-queue.ts";

/** What an operation has to work with. */
export interface Service {
  readonly writer: Engine["writer"];
  readonly catalog: Catalog;
  /** Whatever changes the catalog or writes rows does so in its turn. */
  readonly turn: Turn;
  readonly writes: WriteQueue;
  readonly queries: QueryRunner;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly arnPrefix: string;
}

/** One operation of the API: from the request's fields to the response's, for a client that reaches this service at an address; failures are thrown as ServiceFailure. */
export type Operation = (service: Service, request: Fields, address: string) => Promise<Record<string, unknown>>;

/** The members that each operation takes (API reference, Timestream Write and Query). */
const MEMBERS: Readonly<Record<string, string>> = {
  CreateDatabase: "DatabaseName KmsKeyId",
  DescribeDatabase: "DatabaseName",
  ListDatabases: "MaxResults NextToken",
  DeleteDatabase: "DatabaseName",
  CreateTable: "DatabaseName TableName RetentionProperties MagneticStoreWriteProperties Schema",
  DescribeTable: "DatabaseName TableName",
  UpdateTable: "DatabaseName TableName RetentionProperties MagneticStoreWriteProperties Schema",
  ListTables: "DatabaseName MaxResults NextToken",
  DeleteTable: "DatabaseName TableName",
  WriteRecords: "DatabaseName TableName Records CommonAttributes",
  Query: "QueryString ClientToken MaxRows NextToken",
  CancelQuery: "QueryId",
  DescribeEndpoints: "",
};

/** Throws a ValidationException for a member that does not run here: dropped, it would seem to have had its effect. */
export function checkMembers(operation: string, request: Fields): void {
  const known = MEMBERS[operation]?.split(" ") ?? [];
  for (const [name, value] of Object.entries(request)) {
    const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
    if (!known.includes(name) && !isEmpty) throw invalid(`${name} of ${operation} does not run on the laptop`);
  }
}

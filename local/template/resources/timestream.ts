import type { Timestream } from "../../timestream/timestream.ts";
import type { Provisioner } from "../run.ts";
import { object, text } from "./property.ts";

/** Calls an operation; the named error counts as success, any other answer but 200 throws. */
async function call(timestream: Timestream, operation: string, input: object, fine = ""): Promise<boolean> {
  const { status, body, errorType } = await timestream.handle(operation, JSON.stringify(input), "localhost");
  if (status === 200) return true;
  if (errorType === fine) return false;
  throw new Error(`${operation}: ${JSON.stringify(body)}`);
}

/** AWS::Timestream::Database. */
export const timestreamDatabase =
  (timestream: Timestream): Provisioner =>
  async ({ properties, physicalId }) => {
    const DatabaseName = String(properties.DatabaseName ?? physicalId);
    await call(timestream, "CreateDatabase", { DatabaseName }, "ConflictException");
    return {
      ref: DatabaseName,
      attributes: { Arn: `arn:aws:timestream:us-east-1:000000000000:database/${DatabaseName}` },
    };
  };

/** AWS::Timestream::Table; one that is there gets the template's retention. */
export const timestreamTable =
  (timestream: Timestream): Provisioner =>
  async ({ properties, physicalId }) => {
    const DatabaseName = text(properties, "DatabaseName");
    const TableName = String(properties.TableName ?? physicalId);
    const retention = object(properties, "RetentionProperties");
    // CloudFormation has texts where the API has numbers.
    const RetentionProperties = Object.fromEntries(
      Object.entries(retention).map(([name, value]) => [name, Number(value)]),
    );
    const { MagneticStoreWriteProperties } = properties;
    const table = {
      DatabaseName,
      TableName,
      RetentionProperties,
      ...(MagneticStoreWriteProperties === undefined ? {} : { MagneticStoreWriteProperties }),
    };
    const created = await call(timestream, "CreateTable", table, "ConflictException");
    if (!created) await call(timestream, "UpdateTable", table);
    const Arn = `arn:aws:timestream:us-east-1:000000000000:database/${DatabaseName}/table/${TableName}`;
    return { ref: `${DatabaseName}|${TableName}`, attributes: { Arn, Name: TableName } };
  };

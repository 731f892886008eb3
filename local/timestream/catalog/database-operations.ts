import { invalid, ServiceFailure } from "../failure.ts";
import { optionalText, resourceName } from "../field.ts";
import type { Operation, Service } from "../operation.ts";
import { QUOTAS } from "../quotas.ts";
import { identifier } from "../sql/quoting.ts";
import { catalogTable, type Database, findDatabase, inTransaction } from "./catalog.ts";
import { pageOfNames } from "./page-of-names.ts";
import { databaseSchema } from "./table.ts";

/** The operations on databases (API reference, actions of Timestream Write). */
export const DATABASE_OPERATIONS: Readonly<Record<string, Operation>> = {
  async CreateDatabase(service, request) {
    const name = resourceName(request, "DatabaseName");
    const kmsKeyId = optionalText(request, "KmsKeyId");
    return service.turn.take(async () => {
      const { databases } = service.catalog;
      refuseTaken(databases.keys(), name, "database");
      if (databases.size >= QUOTAS.databases) {
        throw new ServiceFailure("ServiceQuotaExceededException", `Expected at most ${QUOTAS.databases} databases.`);
      }
      const nowMs = service.now();
      const properties = { ...(kmsKeyId !== undefined && { kmsKeyId }), createdMs: nowMs, updatedMs: nowMs };
      await inTransaction(service.writer, async () => {
        await service.writer.run(`CREATE SCHEMA ${identifier(databaseSchema(name))}`);
        await service.writer.run(`INSERT INTO ${catalogTable("databases")} VALUES ($1, $2)`, [
          name,
          JSON.stringify(properties),
        ]);
      });
      const database: Database = { name, properties, tables: new Map() };
      databases.set(name, database);
      return { Database: describe(service, database) };
    });
  },

  async DescribeDatabase(service, request) {
    const database = findDatabase(service.catalog, resourceName(request, "DatabaseName"));
    return { Database: describe(service, database) };
  },

  async ListDatabases(service, request) {
    const { names, nextToken } = pageOfNames(service.catalog.databases.keys(), request);
    const Databases = names.map((name) => describe(service, findDatabase(service.catalog, name)));
    return { Databases, ...(nextToken !== undefined && { NextToken: nextToken }) };
  },

  /** All tables must be gone first (API reference, DeleteDatabase). */
  async DeleteDatabase(service, request) {
    const name = resourceName(request, "DatabaseName");
    return service.turn.take(async () => {
      const database = findDatabase(service.catalog, name);
      if (database.tables.size > 0) {
        throw invalid(`The database ${name} still has ${database.tables.size} tables. Delete all tables first.`);
      }
      await inTransaction(service.writer, async () => {
        await service.writer.run(`DROP SCHEMA ${identifier(databaseSchema(name))}`);
        await service.writer.run(`DELETE FROM ${catalogTable("databases")} WHERE name = $1`, [name]);
      });
      service.catalog.databases.delete(name);
      return {};
    });
  },
};

/** ConflictException where the name is taken. DuckDB's names differ in more than case, so this emulator's must, too. */
export function refuseTaken(names: Iterable<string>, name: string, what: string): void {
  const folded = name.toLowerCase();
  for (const taken of names) {
    if (taken === name) throw new ServiceFailure("ConflictException", `The ${what} ${name} already exists.`);
    if (taken.toLowerCase() === folded) {
      throw invalid(`The ${what} ${name} differs from ${taken} only in case, which this local emulator cannot hold.`);
    }
  }
}

function describe(service: Service, { name, properties, tables }: Database): Record<string, unknown> {
  return {
    Arn: `${service.arnPrefix}:database/${name}`,
    DatabaseName: name,
    TableCount: tables.size,
    KmsKeyId: properties.kmsKeyId,
    CreationTime: properties.createdMs / 1000,
    LastUpdatedTime: properties.updatedMs / 1000,
  };
}

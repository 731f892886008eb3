import { ServiceFailure } from "../failure.ts";
import { optionalText, resourceName } from "../field.ts";
import type { Operation, Service } from "../operation.ts";
import { QUOTAS } from "../quotas.ts";
import { catalogTable, findDatabase, findTable, inTransaction } from "./catalog.ts";
import { refuseTaken } from "./database-operations.ts";
import { pageOfNames } from "./page-of-names.ts";
import { createTableSql, dropTableSql, newTable, type Table } from "./table.ts";
import { changedProperties, DEFAULT_PROPERTIES, describedProperties } from "./table-properties.ts";

/** The operations on tables (API reference, actions of Timestream Write). Tables are ACTIVE at once. */
export const TABLE_OPERATIONS: Readonly<Record<string, Operation>> = {
  async CreateTable(service, request) {
    const databaseName = resourceName(request, "DatabaseName");
    const name = resourceName(request, "TableName");
    const nowMs = service.now();
    const properties = { ...changedProperties(DEFAULT_PROPERTIES, request), createdMs: nowMs, updatedMs: nowMs };
    return service.turn.take(async () => {
      const database = findDatabase(service.catalog, databaseName);
      refuseTaken(database.tables.keys(), name, "table");
      refuseTooMany(service);
      const table = newTable({ id: service.catalog.nextTableId++, database: databaseName, name, properties });
      await inTransaction(service.writer, async () => {
        for (const statement of createTableSql(table)) await service.writer.run(statement);
        const values = [table.id, databaseName, name, JSON.stringify(properties)];
        await service.writer.run(`INSERT INTO ${catalogTable("tables")} VALUES ($1, $2, $3, $4)`, values);
      });
      database.tables.set(name, table);
      return { Table: describe(service, table) };
    });
  },

  async DescribeTable(service, request) {
    return { Table: describe(service, requestedTable(service, request)) };
  },

  async UpdateTable(service, request) {
    const table = requestedTable(service, request);
    const properties = {
      ...changedProperties(table.properties, request),
      createdMs: table.properties.createdMs,
      updatedMs: service.now(),
    };
    return service.turn.take(async () => {
      if (table.dropped) requestedTable(service, request);
      const values = [JSON.stringify(properties), table.id];
      await service.writer.run(`UPDATE ${catalogTable("tables")} SET properties = $1 WHERE id = $2`, values);
      table.properties = properties;
      table.trimmedMs = 0;
      return { Table: describe(service, table) };
    });
  },

  async ListTables(service, request) {
    const one = optionalText(request, "DatabaseName");
    const databases =
      one === undefined ? [...service.catalog.databases.values()] : [findDatabase(service.catalog, one)];
    const tables = new Map<string, Table>();
    for (const database of databases) {
      // A slash is in no name, so the pair can be taken for one name.
      for (const table of database.tables.values()) tables.set(`${database.name}/${table.name}`, table);
    }
    const { names, nextToken } = pageOfNames(tables.keys(), request);
    const Tables = names.map((name) => describe(service, tables.get(name) as Table));
    return { Tables, ...(nextToken !== undefined && { NextToken: nextToken }) };
  },

  async DeleteTable(service, request) {
    return service.turn.take(async () => {
      const table = requestedTable(service, request);
      await inTransaction(service.writer, async () => {
        for (const statement of dropTableSql(table)) await service.writer.run(statement);
        await service.writer.run(`DELETE FROM ${catalogTable("tables")} WHERE id = $1`, [table.id]);
        await service.writer.run(`DELETE FROM ${catalogTable("columns")} WHERE table_id = $1`, [table.id]);
        await service.writer.run(`DELETE FROM ${catalogTable("measure_names")} WHERE table_id = $1`, [table.id]);
      });
      table.dropped = true;
      findDatabase(service.catalog, table.database).tables.delete(table.name);
      return {};
    });
  },
};

/** The table a request names, or ResourceNotFoundException. */
export function requestedTable(service: Service, request: Parameters<Operation>[1]): Table {
  return findTable(service.catalog, resourceName(request, "DatabaseName"), resourceName(request, "TableName"));
}

function refuseTooMany(service: Service): void {
  let tables = 0;
  for (const database of service.catalog.databases.values()) tables += database.tables.size;
  if (tables >= QUOTAS.tables) {
    throw new ServiceFailure("ServiceQuotaExceededException", `Expected at most ${QUOTAS.tables} tables.`);
  }
}

function describe(service: Service, { database, name, properties }: Table): Record<string, unknown> {
  return {
    Arn: `${service.arnPrefix}:database/${database}/table/${name}`,
    DatabaseName: database,
    TableName: name,
    TableStatus: "ACTIVE",
    ...describedProperties(properties),
    CreationTime: properties.createdMs / 1000,
    LastUpdatedTime: properties.updatedMs / 1000,
  };
}

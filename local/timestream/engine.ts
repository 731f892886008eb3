import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { macroStatements } from "./sql/functions.ts";
import { scalarFunctions } from "./sql/scalar-functions.ts";

/** The open DuckDB file: one connection that writes, and as many for reading as are asked for. */
export interface Engine {
  readonly writer: DuckDBConnection;
  connect(): Promise<DuckDBConnection>;
  close(): void;
}

export interface EngineOptions {
  readonly file: string;
  readonly memoryLimitMib: number;
}

/** Schemas of our own. No Timestream database can have these names: theirs have a prefix (see `databaseSchema`). */
export const ROWS_SCHEMA = "timestream rows";
export const CATALOG_SCHEMA = "timestream catalog";

const IN_MEMORY = ":memory:";
const THREADS_MAX = 4;

/**
 * Opens the file (or memory) and shuts DuckDB off from the outside: no file, network or extension access
 * from SQL, and no way to change that afterwards.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const instance = await openInstance(options);
  const writer = await instance.connect();
  // Trino divides whole numbers into whole numbers; and every time in Timestream is UTC ("Date / time functions").
  await writer.run("SET GLOBAL integer_division = true");
  await writer.run("SET GLOBAL TimeZone = 'UTC'");
  await writer.run(`CREATE SCHEMA IF NOT EXISTS "${ROWS_SCHEMA}"`);
  await writer.run(`CREATE SCHEMA IF NOT EXISTS "${CATALOG_SCHEMA}"`);
  for (const scalar of scalarFunctions()) writer.registerScalarFunction(scalar);
  // All at once: one by one they take twice as long.
  await writer.run(macroStatements().join(";\n"));
  await writer.run("SET GLOBAL lock_configuration = true");
  return {
    writer,
    connect: () => instance.connect(),
    close() {
      writer.closeSync();
      instance.closeSync();
    },
  };
}

async function openInstance({ file, memoryLimitMib }: EngineOptions): Promise<DuckDBInstance> {
  if (file !== IN_MEMORY) mkdirSync(dirname(file), { recursive: true });
  try {
    return await DuckDBInstance.create(file, {
      memory_limit: `${memoryLimitMib}MiB`,
      // The smallest there is: every column of a table takes a block or two, however few its rows are.
      default_block_size: "16384",
      threads: String(Math.min(THREADS_MAX, availableParallelism())),
      // Without a file there is no folder of ours to spill into.
      temp_directory: file === IN_MEMORY ? "" : `${file}.tmp`,
      enable_external_access: "false",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      allow_community_extensions: "false",
    });
  } catch (cause) {
    throw new Error(`Expected ${file} to be a Timestream file no other process has open: ${String(cause)}`, { cause });
  }
}

import { BOUNDS } from "./bounds.ts";
import { loadCatalog } from "./catalog/catalog.ts";
import { DATABASE_OPERATIONS } from "./catalog/database-operations.ts";
import { TABLE_OPERATIONS } from "./catalog/table-operations.ts";
import { openEngine } from "./engine.ts";
import { type FailureType, invalid, ServiceFailure } from "./failure.ts";
import { fieldsOf } from "./field.ts";
import { checkMembers, type Operation, type Service } from "./operation.ts";
import { QUERY_OPERATIONS } from "./query/query-operations.ts";
import { QueryRunner } from "./query/query-runner.ts";
import { Turn } from "./turn.ts";
import type { IdenticalReplay } from "./write/merge.ts";
import { SeenFilter } from "./write/seen-filter.ts";
import { writeRecords } from "./write/write-operation.ts";
import { WriteQueue } from "./write/write-queue.ts";

export interface TimestreamOptions {
  /** Path of the DuckDB file that holds everything, or ":memory:". */
  readonly file: string;
  /** Epoch milliseconds: decides retention, and is `now()` in queries. Default `Date.now`. */
  readonly now?: () => number;
  /** DuckDB's memory limit. Default 128. */
  readonly memoryLimitMib?: number;
  /**
   * Whether a record equal to a stored one, with no higher version, is taken in silence or rejected. Sources on the
   * service differ; default "reject", which is what has been reported from it.
   */
  readonly identicalReplay?: IdenticalReplay;
}

export interface TimestreamResponse {
  readonly status: number;
  readonly body: unknown;
  readonly errorType?: FailureType;
}

/** Amazon Timestream for LiveAnalytics, Write and Query, over DuckDB. */
export interface Timestream {
  /**
   * Answers one request. `operation` is the part of X-Amz-Target after the dot; `body` the JSON text; `host` the Host
   * header, and `client` the User-Agent. Never rejects: errors are answers, with `__type` in the body and again as `errorType`.
   */
  handle(operation: string, body: string, host: string, client?: string): Promise<TimestreamResponse>;
  close(): Promise<void>;
}

const ACCOUNT = "000000000000";
const REGION = "us-east-1";
const MEMORY_LIMIT_MIB = 128;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...DATABASE_OPERATIONS,
  ...TABLE_OPERATIONS,
  ...QUERY_OPERATIONS,
  WriteRecords: writeRecords,
  async DescribeEndpoints(_service, _request, address) {
    return { Endpoints: [{ Address: address, CachePeriodInMinutes: 1440 }] };
  },
};

/** Opens the emulator on its file; what an earlier run wrote is there again. */
export async function openTimestream(options: TimestreamOptions): Promise<Timestream> {
  const now = options.now ?? Date.now;
  const engine = await openEngine({ file: options.file, memoryLimitMib: options.memoryLimitMib ?? MEMORY_LIMIT_MIB });
  const catalog = await loadCatalog(engine.writer);
  const turn = new Turn();
  const identicalReplay = options.identicalReplay ?? "reject";
  const queries = new QueryRunner({ engine, catalog, now });
  const writes = new WriteQueue({ writer: engine.writer, seen: new SeenFilter(), identicalReplay, turn, now });
  const arnPrefix = `arn:aws:timestream:${REGION}:${ACCOUNT}`;
  const service: Service = { writer: engine.writer, catalog, turn, writes, queries, now, arnPrefix };
  let closed = false;
  return {
    async handle(operation, body, host, client = "aws-sdk-js") {
      try {
        if (closed) throw new ServiceFailure("InternalServerException", "The Timestream emulator is closed.");
        const run = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
        if (!run)
          throw new ServiceFailure("UnknownOperationException", `The operation ${operation} is not known here.`);
        const request = readBody(body);
        checkMembers(operation, request);
        return { status: 200, body: await run(service, request, addressFor(client, host)) };
      } catch (error) {
        return failed(error);
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await queries.close();
      await writes.drained();
      await turn.take(async () => engine.close());
    },
  };
}

/**
 * The address to discover, as the client makes a URL of it. The SDK for JavaScript puts it in place of its hostname and
 * keeps its port; that for Java puts it between its scheme and its path; botocore (boto3, the AWS CLI) and the SDKs for
 * Go and Ruby take a URL as it is, and put https:// before all else.
 */
function addressFor(client: string, host: string): string {
  if (client.includes("aws-sdk-js")) return host.replace(/:\d+$/, "");
  return /aws-sdk-(java|kotlin)/.test(client) ? host : `http://${host}`;
}

function readBody(body: string) {
  if (body.length > BOUNDS.requestChars) {
    throw invalid(`Expected a body of at most ${BOUNDS.requestChars} characters, got ${body.length}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(body === "" ? "{}" : body);
  } catch (cause) {
    throw new ServiceFailure("SerializationException", "Expected the body to be JSON.", { cause });
  }
  return fieldsOf(value, "the request");
}

function failed(error: unknown): TimestreamResponse {
  const failure =
    error instanceof ServiceFailure
      ? error
      : new ServiceFailure("InternalServerException", error instanceof Error ? error.message : String(error));
  const body = { __type: failure.type, message: failure.message, ...failure.detail };
  return { status: failure.status, body, errorType: failure.type };
}

import { QueryCommand, type Row as QueryRow, TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import {
  type _Record,
  type RejectedRecord,
  RejectedRecordsException,
  TimestreamWriteClient,
  TimestreamWriteServiceException,
  ValidationException,
  WriteRecordsCommand,
} from "@aws-sdk/client-timestream-write";
import { answeredWithin, clientSettings, explicitEndpoint } from "../../aws.ts";
import { type Clock, systemClock } from "../../clock.ts";
import { timestreamLimits } from "../../limits.ts";
import { type Patience, persist } from "../../retry.ts";
import { metricSql } from "./metric-sql.ts";
import { partRowsSql } from "./part-rows-sql.ts";
import type { Row } from "./row.ts";
import type {
  MetricAnswer,
  MetricQuestion,
  MetricStore,
  PartRowStore,
  PartRows,
  PartRowsQuestion,
  Refusal,
  RowStore,
  Written,
} from "./store.ts";
import { withoutDust } from "./without-dust.ts";

/** WriteRecords requests under way at once. */
const requestsMax = 4;
/** One attempt at a request. */
const attemptMsMax = 30_000;

/** Answers that say "not now": throttling, a table that is not active yet, and a network that fails. Server faults do too. */
const passingErrors = new Set(["ThrottlingException", "ResourceNotFoundException", "TimeoutError", "AbortError"]);

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof TimestreamWriteServiceException) {
    return passingErrors.has(error.name) || (error.$metadata.httpStatusCode ?? 0) >= 500;
  }
  return passingErrors.has(error.name) || ("code" in error && /^E[A-Z_]+$/.test(String(error.code)));
}

/** Answers after which nothing of a request was written: it was refused as a whole, or reached nobody. */
const unwrittenErrors = new Set(["ThrottlingException", "ResourceNotFoundException", "ECONNREFUSED", "ENOTFOUND"]);

/** Whether rows of a request that failed so may have been written: there was no answer, or none to rely on. */
function mayBeWritten(error: unknown): boolean {
  if (!isPassing(error)) return false;
  const { name, code = name } = error as Error & { readonly code?: string };
  return !unwrittenErrors.has(name) && !unwrittenErrors.has(code);
}

/** Rows of a request, all of one metric. */
interface Chunk {
  readonly part: string;
  readonly version: number;
  readonly rows: readonly Row[];
  /** An attempt at them had no answer: some may be written. */
  inDoubt: boolean;
}

/** The rows in Timestream for LiveAnalytics, and the questions to it. The only file that knows its SDKs. */
export class TimestreamStore implements RowStore, MetricStore, PartRowStore {
  readonly #clients: { readonly write: TimestreamWriteClient; readonly query: TimestreamQueryClient };
  readonly #database: string;
  readonly #table: string;
  readonly #clock: Clock;

  constructor(
    clients: { write: TimestreamWriteClient; query: TimestreamQueryClient },
    place: { database: string; table: string },
    clock: Clock = systemClock,
  ) {
    this.#clients = clients;
    this.#database = place.database;
    this.#table = place.table;
    this.#clock = clock;
  }

  /** A store over the clients that the environment asks for. */
  static connect(place: { database: string; table: string }): TimestreamStore {
    const settings = clientSettings();
    // One attempt: how long to go on trying is decided here, by the time that the function has left.
    const write = new TimestreamWriteClient({ ...settings, maxAttempts: 1, ...explicitEndpoint("TIMESTREAM_WRITE") });
    // A query may take 60 s (Timestream Query API, Query).
    const requestHandler = answeredWithin(65_000);
    const query = new TimestreamQueryClient({ ...settings, requestHandler, ...explicitEndpoint("TIMESTREAM_QUERY") });
    return new TimestreamStore({ write, query }, place);
  }

  async write(part: string, version: number, rows: readonly Row[], patience: Patience): Promise<Written> {
    const chunks = chunksOf(rows);
    const refusals: Refusal[] = [];
    let existing = 0;
    const worker = async (): Promise<void> => {
      try {
        for (let rows = chunks.shift(); rows !== undefined; rows = chunks.shift()) {
          const written = await this.#writeChunk({ part, version, rows, inDoubt: false }, patience);
          refusals.push(...written.refusals);
          existing += written.existing;
        }
      } catch (error) {
        // The others finish what they have begun and begin nothing more.
        chunks.length = 0;
        throw error;
      }
    };
    const results = await Promise.allSettled(Array.from({ length: requestsMax }, worker));
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return { refusals, existing };
  }

  async answer(question: MetricQuestion): Promise<MetricAnswer[]> {
    const answers: MetricAnswer[] = [];
    for await (const cells of this.#rows(metricSql(question, this.#database, this.#table))) {
      answers.push({ timeMs: Number(cells[0]), values: cells.slice(1, -1), value: withoutDust(Number(cells.at(-1))) });
    }
    return answers;
  }

  async *rowsOfParts(question: PartRowsQuestion): AsyncGenerator<PartRows> {
    if (question.parts?.length === 0) return;
    for await (const [part = "", ...numbers] of this.#rows(partRowsSql(question, this.#database, this.#table))) {
      const [rows = 0, count = 0, firstBucketMs = 0, lastBucketMs = 0, sum] = numbers.map(Number);
      yield { part, rows, count, firstBucketMs, lastBucketMs, ...(sum === undefined ? {} : { sum }) };
    }
  }

  /** The rows of a query, page by page; none where it names a column that no row has. */
  async *#rows(QueryString: string): AsyncGenerator<string[]> {
    let NextToken: string | undefined;
    do {
      let page: { Rows: QueryRow[] | undefined; NextToken?: string | undefined };
      try {
        page = await this.#clients.query.send(new QueryCommand({ QueryString, NextToken }));
      } catch (error) {
        // A column exists from its first row on: a metric that has never counted has nothing to answer.
        if (
          error instanceof Error &&
          error.name === "ValidationException" &&
          /column .* (does not exist|cannot be resolved)/i.test(error.message)
        ) {
          return;
        }
        throw error;
      }
      // The first page may hold a token and no rows (Timestream Query API, `MaxRows`).
      for (const { Data = [] } of page.Rows ?? []) yield Data.map(({ ScalarValue = "" }) => ScalarValue);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  }

  async #writeChunk(chunk: Chunk, patience: Patience): Promise<Written> {
    const { rows } = chunk;
    try {
      await persist(() => this.#attempt(chunk, patience), isPassing, patience, this.#clock);
      return nothingToSay;
    } catch (error) {
      if (error instanceof RejectedRecordsException) return writtenOf(error.RejectedRecords ?? [], chunk);
      if (!(error instanceof ValidationException)) throw error;
      // One row that the store cannot take refuses the whole request: halve it until that row is alone.
      if (rows.length > 1) {
        const middle = rows.length >> 1;
        const first = await this.#writeChunk({ ...chunk, rows: rows.slice(0, middle) }, patience);
        const second = await this.#writeChunk({ ...chunk, rows: rows.slice(middle) }, patience);
        return {
          refusals: [...first.refusals, ...second.refusals],
          existing: first.existing + second.existing,
        };
      }
      const { message } = error;
      return { refusals: rows.map((row) => ({ row, reason: "refused", detail: message })), existing: 0 };
    }
  }

  async #attempt(chunk: Chunk, patience: Patience): Promise<void> {
    try {
      await this.#send(chunk, patience);
    } catch (error) {
      chunk.inDoubt ||= mayBeWritten(error);
      throw error;
    }
  }

  #send({ part, version, rows }: Chunk, { deadlineMs }: Patience): Promise<unknown> {
    const [first] = rows;
    const leftMs = Math.min(Math.max(1, deadlineMs - this.#clock.now()), attemptMsMax);
    return this.#clients.write.send(
      new WriteRecordsCommand({
        DatabaseName: this.#database,
        TableName: this.#table,
        CommonAttributes: {
          MeasureName: first?.metric,
          MeasureValueType: "MULTI",
          Dimensions: [
            { Name: "part", Value: part },
            { Name: "def", Value: first?.def },
          ],
          TimeUnit: "MILLISECONDS",
          Version: version,
        },
        Records: rows.map(recordOf),
      }),
      { abortSignal: AbortSignal.timeout(leftMs) },
    );
  }
}

/** Rows of one metric together, so that what they share is said once, as many as a request may have. */
function chunksOf(rows: readonly Row[]): Row[][] {
  const chunks: Row[][] = [];
  for (const row of rows) {
    const chunk = chunks.at(-1);
    const fits = chunk !== undefined && chunk.length < timestreamLimits.recordsPerWriteMax;
    if (fits && chunk[0]?.metric === row.metric && chunk[0].def === row.def) chunk.push(row);
    else chunks.push([row]);
  }
  return chunks;
}

function recordOf(row: Row): _Record {
  const { count, numbers } = row;
  return {
    Time: String(row.bucketMs),
    Dimensions: row.dimensions.map(([Name, Value]) => ({ Name, Value })),
    // Always all measures: whether a later version with fewer would keep the others is not documented.
    MeasureValues: [
      { Name: "count", Value: String(count), Type: "BIGINT" },
      ...(numbers === undefined
        ? []
        : (["sum", "min", "max"] as const).map((Name) => ({
            Name,
            Value: String(numbers[Name]),
            Type: "DOUBLE" as const,
          }))),
    ],
  };
}

/** Before every version. */
const noVersion = 0;
const nothingToSay: Written = { refusals: [], existing: 0 };

/** Refused because it is there already is no refusal. There are no reason codes, only versions and text. */
function writtenOf(rejected: readonly RejectedRecord[], { rows, version, inDoubt }: Chunk): Written {
  if (rejected.length === 0) throw new Error(`Expected to be told which of ${rows.length} rows are rejected, got none`);
  const refusals: Refusal[] = [];
  let existing = 0;
  for (const { RecordIndex, Reason = "", ExistingVersion } of rejected) {
    const row = rows[RecordIndex ?? -1];
    if (row === undefined)
      throw new Error(`Expected the index of one of ${rows.length} rows, got ${RecordIndex}: ${Reason}`);
    const existingVersion = ExistingVersion ?? (/^A record already exists/.test(Reason) ? version : noVersion);
    if (existingVersion >= version) {
      if (existingVersion === version && !inDoubt) existing++;
      continue;
    }
    const late = /outside the time range|retention|memory store/i.test(Reason);
    const refusal: Refusal = { row, reason: late ? "late" : "refused", detail: Reason.slice(0, 300) };
    // Of the reasons only the time changes from one attempt to the next.
    refusals.push(late && inDoubt ? { ...refusal, mayBeStored: true } : refusal);
  }
  return { refusals, existing };
}

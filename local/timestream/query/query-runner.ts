import { randomUUID } from "node:crypto";
import { BOUNDS } from "../bounds.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Engine } from "../engine.ts";
import { invalid, ServiceFailure } from "../failure.ts";
import { complaint } from "../sql/complaint.ts";
import { Cursor, type Page } from "./cursor.ts";
import type { ColumnInfo } from "./row-source.ts";
import { openQuery } from "./select.ts";

export interface QueryRunnerOptions {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly now: () => number;
  /** How long a query may take before it is stopped, in milliseconds. */
  readonly queryMsMax?: number;
}

export interface QueryRequest {
  readonly queryString: string;
  readonly nextToken: string | undefined;
  readonly rowsMax: number;
}

export interface QueryAnswer extends Page {
  readonly queryId: string;
  readonly columns: readonly ColumnInfo[];
}

const INTERRUPT_EVERY_MS = 20;

interface OpenQuery {
  readonly id: string;
  readonly queryString: string;
  readonly columns: readonly ColumnInfo[];
  readonly cursor: Cursor;
}

/** Runs queries, a few at a time, and keeps the results that have more pages. */
export class QueryRunner {
  readonly #options: QueryRunnerOptions;
  /** By every token that may be used; least recently used first. */
  readonly #byToken = new Map<string, OpenQuery>();
  readonly #interrupts = new Map<string, () => void>();
  #running = 0;
  #closed = false;
  readonly #waiting: (() => void)[] = [];

  constructor(options: QueryRunnerOptions) {
    this.#options = options;
  }

  /** The first page of a query, or with a token the page it stands for. */
  async query(request: QueryRequest): Promise<QueryAnswer> {
    await this.#enter();
    try {
      if (this.#closed) throw new ServiceFailure("InternalServerException", "The Timestream emulator is closed.");
      return await (request.nextToken === undefined
        ? this.#start(request)
        : this.#continue(request, request.nextToken));
    } catch (error) {
      throw complaint(error);
    } finally {
      this.#leave();
    }
  }

  /** Stops a query. What is not known here has ended already. */
  cancel(queryId: string): void {
    this.#interrupts.get(queryId)?.();
    for (const query of new Set(this.#byToken.values())) if (query.id === queryId) this.#forget(query);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // What runs is told to stop until it has: an interrupt between two statements is lost.
    while (this.#running > 0) {
      for (const interrupt of this.#interrupts.values()) interrupt();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const open = [...new Set(this.#byToken.values())];
    this.#byToken.clear();
    await Promise.all(open.map((query) => query.cursor.close()));
  }

  async #start({ queryString, rowsMax }: QueryRequest): Promise<QueryAnswer> {
    const { engine, catalog, now } = this.#options;
    const id = randomUUID().replaceAll("-", "").toUpperCase();
    return this.#limited(id, async () => {
      const onStart = (interrupt: () => void) => this.#interrupts.set(id, interrupt);
      const source = await openQuery(queryString, { engine, catalog, nowMs: now(), onStart });
      const query: OpenQuery = { id, queryString, columns: source.columns, cursor: new Cursor(source) };
      return this.#answer(query, await query.cursor.first(rowsMax, now()));
    });
  }

  async #continue({ queryString, rowsMax }: QueryRequest, token: string): Promise<QueryAnswer> {
    const query = this.#byToken.get(token);
    if (!query || query.queryString !== queryString) throw invalid("Invalid pagination token");
    return this.#limited(query.id, async () => {
      this.#interrupts.set(query.id, () => query.cursor.interrupt());
      const page = await query.cursor.page(token, rowsMax, this.#options.now());
      return this.#answer(query, page, token);
    });
  }

  /** Stops the work when it takes longer than a query may (API reference, Query: "a query will time out after 60 seconds"). */
  async #limited<T>(id: string, work: () => Promise<T>): Promise<T> {
    // DuckDB forgets an interrupt that comes between two statements, so one may not be enough.
    const fromMs = performance.now() + (this.#options.queryMsMax ?? BOUNDS.queryMs);
    const timer = setInterval(() => {
      if (performance.now() >= fromMs) this.#interrupts.get(id)?.();
    }, INTERRUPT_EVERY_MS);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.#interrupts.delete(id);
    }
  }

  #answer(query: OpenQuery, page: Page, used?: string): QueryAnswer {
    // The token used and the one that came with its page are good from now on; older ones are not.
    for (const [token, other] of this.#byToken) if (other === query) this.#byToken.delete(token);
    if (used !== undefined) this.#byToken.set(used, query);
    if (page.nextToken !== undefined) this.#byToken.set(page.nextToken, query);
    const queries = new Set(this.#byToken.values());
    const [oldest] = queries;
    if (queries.size > BOUNDS.openCursors && oldest) this.#forget(oldest);
    return { queryId: query.id, columns: query.columns, ...page };
  }

  #forget(query: OpenQuery): void {
    for (const [token, other] of this.#byToken) if (other === query) this.#byToken.delete(token);
    void query.cursor.close();
  }

  async #enter(): Promise<void> {
    if (this.#waiting.length >= BOUNDS.waitingQueries) {
      throw new ServiceFailure("ThrottlingException", `More than ${BOUNDS.waitingQueries} queries are waiting.`);
    }
    if (this.#running >= BOUNDS.runningQueries) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
  }

  /** Hands the place on to the next in line, if there is one. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}

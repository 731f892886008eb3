import { randomUUID } from "node:crypto";
import { invalid } from "../failure.ts";
import { QUOTAS } from "../quotas.ts";
import { Turn } from "../turn.ts";
import type { Row, RowSource } from "./row-source.ts";

export interface Page {
  readonly rows: Row[];
  readonly nextToken?: string;
}

const TOKEN_USES_MAX = 5;
const TOKEN_MS = 3_600_000;
/** Room for everything in a page but its rows: metadata is at most 100 KB (developer guide, "Quotas"). */
const ENVELOPE_BYTES = 100 * 1024;

/**
 * The pages of one result (API reference, Query). A token can be used five times within an hour and gives the same
 * page each time; using the next one ends it.
 */
export class Cursor {
  readonly #source: RowSource;
  readonly #turn = new Turn();
  #buffer: readonly Row[] = [];
  #at = 0;
  #last: { token: string; page: Page; uses: number; issuedMs: number } | undefined;
  #next: { token: string; issuedMs: number } | undefined;

  constructor(source: RowSource) {
    this.#source = source;
  }

  /** The first page. At most `rowsMax` rows, and about 1 MB. */
  first(rowsMax: number, nowMs: number): Promise<Page> {
    return this.#turn.take(() => this.#read(rowsMax, nowMs));
  }

  /** The page of a token, which must be the last one used or the one that came with it. */
  page(token: string, rowsMax: number, nowMs: number): Promise<Page> {
    return this.#turn.take(async () => {
      const last = this.#last;
      if (last?.token === token) {
        if (last.uses >= TOKEN_USES_MAX || nowMs - last.issuedMs > TOKEN_MS) throw invalid("Invalid pagination token");
        last.uses++;
        return last.page;
      }
      const next = this.#next;
      if (next?.token !== token || nowMs - next.issuedMs > TOKEN_MS) throw invalid("Invalid pagination token");
      const page = await this.#read(rowsMax, nowMs);
      this.#last = { ...next, page, uses: 1 };
      return page;
    });
  }

  /** An error ends the cursor: there is no going on after it. */
  async #read(rowsMax: number, nowMs: number): Promise<Page> {
    try {
      const rows = await this.#take(rowsMax);
      const more = (await this.#peek()) !== undefined;
      this.#next = more ? { token: randomUUID(), issuedMs: nowMs } : undefined;
      if (!more) this.#source.close();
      return this.#next ? { rows, nextToken: this.#next.token } : { rows };
    } catch (error) {
      this.#next = undefined;
      this.#source.close();
      throw error;
    }
  }

  async #take(rowsMax: number): Promise<Row[]> {
    const rows: Row[] = [];
    let bytes = ENVELOPE_BYTES;
    for (let row = await this.#peek(); row && rows.length < rowsMax; row = await this.#peek()) {
      const rowBytes = Buffer.byteLength(JSON.stringify(row)) + 1;
      if (rowBytes > QUOTAS.queryPageBytes) throw invalid("A row of the result is larger than the limit of 1 MB");
      bytes += rowBytes;
      if (bytes > QUOTAS.queryPageBytes && rows.length > 0) break;
      rows.push(row);
      this.#at++;
    }
    return rows;
  }

  async #peek(): Promise<Row | undefined> {
    while (this.#at >= this.#buffer.length) {
      const batch = await this.#source.next();
      if (!batch) return undefined;
      this.#buffer = batch;
      this.#at = 0;
    }
    return this.#buffer[this.#at];
  }

  interrupt(): void {
    this.#source.interrupt();
  }

  /** Ends the cursor after what is running. */
  close(): Promise<void> {
    return this.#turn.take(async () => {
      this.#source.close();
      this.#next = undefined;
      this.#last = undefined;
    });
  }
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { RecordedEvent } from "../../../cli/recording/recorded-event.ts";
import { openRecording, type RecordingOptions } from "../../../cli/recording/recording.ts";

/** A folder for the files of one test file. */
export class RecordingFolder {
  readonly path: string;
  #files = 0;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<RecordingFolder> {
    return new RecordingFolder(await mkdtemp(join(tmpdir(), "recordings-")));
  }

  /** Writes a file and gives its path. */
  async file(content: string | Buffer, { gzip = false } = {}): Promise<string> {
    const path = join(this.path, `recording-${this.#files++}`);
    await writeFile(path, gzip ? gzipSync(content) : content);
    return path;
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }
}

/** All events of a file. */
export async function read(file: string, options: RecordingOptions = {}): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const batch of await openRecording(file, options)) found.push(...batch);
  return found;
}

export const rees46Header =
  "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session";
export const retailHeader = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

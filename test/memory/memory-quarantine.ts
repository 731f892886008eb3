import {
  type QuarantinedRecord,
  type QuarantinePlace,
  quarantineLines,
  type Rejected,
} from "../../lib/store/quarantine/quarantine.ts";
import {
  type FilePage,
  minuteOf,
  pathOf,
  type QuarantineFile,
  type QuarantineFiles,
  type QuarantineFolder,
} from "../../lib/store/quarantine/quarantine-files.ts";

/** Quarantine in memory: what is put can be read. */
export class MemoryQuarantine implements QuarantineFiles {
  readonly files = new Map<string, { file: QuarantineFile; records: readonly QuarantinedRecord[] }>();
  /** Requests for names. */
  pages = 0;
  readonly #pageFiles: number;

  constructor(pageFiles = 1_000) {
    this.#pageFiles = pageFiles;
  }

  async put(
    shard: string,
    { part, version, firstArrivalMs }: QuarantinePlace,
    rejected: readonly Rejected[],
  ): Promise<void> {
    const minute = minuteOf(firstArrivalMs);
    const key = `quarantine/${pathOf({ time: minute, of: { shard, part } })}${version}.ndjson.gz`;
    const records = [...quarantineLines(shard, rejected)];
    this.files.set(key, {
      file: { key, minute, shard, part, version, bytes: JSON.stringify(records).length },
      records,
    });
  }

  async page(folder: QuarantineFolder, next = ""): Promise<FilePage> {
    this.pages++;
    const prefix = `quarantine/${pathOf(folder)}`;
    const keys: string[] = [];
    for (const key of this.files.keys()) if (key.startsWith(prefix) && key > next) keys.push(key);
    const page = keys.sort().slice(0, this.#pageFiles);
    const files = page.flatMap((key) => this.files.get(key)?.file ?? []);
    return { files, ...(keys.length > page.length ? { next: page.at(-1) ?? "" } : {}) };
  }

  async content({ key }: QuarantineFile): Promise<Buffer | undefined> {
    return this.files.has(key) ? Buffer.from("") : undefined;
  }

  async *records({ key }: QuarantineFile): AsyncGenerator<QuarantinedRecord> {
    yield* this.files.get(key)?.records ?? [];
  }
}

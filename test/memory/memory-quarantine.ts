import type { Rejected } from "../../lib/fold/part-fold.ts";
import { type QuarantinedRecord, type QuarantinePlace, quarantineLines } from "../../lib/quarantine/quarantine.ts";
import {
  dayOf,
  type QuarantineFile,
  type QuarantineFiles,
  type QuarantineFolder,
} from "../../lib/quarantine/quarantine-files.ts";

/** Quarantine in memory: what is put can be read. */
export class MemoryQuarantine implements QuarantineFiles {
  readonly files = new Map<string, { file: QuarantineFile; records: readonly QuarantinedRecord[] }>();
  nowMs = (): number => 0;

  async put(
    shard: string,
    { part, version, arrivalMs }: QuarantinePlace,
    rejected: readonly Rejected[],
  ): Promise<void> {
    const day = dayOf(arrivalMs);
    const key = `quarantine/${day}/${shard}/${part}.${version}.ndjson.gz`;
    const records = [...quarantineLines(shard, rejected)];
    this.files.set(key, {
      file: { key, day, shard, part, version, bytes: JSON.stringify(records).length, writtenMs: this.nowMs() },
      records,
    });
  }

  async *list({ day, shard, part }: QuarantineFolder): AsyncGenerator<QuarantineFile> {
    const below = shard === undefined ? "" : `${shard}/${part === undefined ? "" : `${part}.`}`;
    for (const [key, { file }] of [...this.files].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (key.startsWith(`quarantine/${day}/${below}`)) yield file;
    }
  }

  async *records({ key }: QuarantineFile): AsyncGenerator<QuarantinedRecord> {
    yield* this.files.get(key)?.records ?? [];
  }
}

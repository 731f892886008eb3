import { type FilePage, minuteOf, type QuarantineFile } from "../../lib/store/quarantine/quarantine-files.ts";

const minuteMs = 60_000;
const minutesOfDay = 1_440;
/** S3 lists at most this many names in an answer (S3 API, ListObjectsV2). */
const pageFiles = 1_000;

/** Quarantine with the same number of files in each minute of a day, by their names alone. */
export class CountedNames {
  /** Requests for names. */
  pages = 0;
  readonly #perMinute: number;
  readonly #minutes: readonly string[];

  constructor(perMinute: number, dayMs: number) {
    this.#perMinute = perMinute;
    this.#minutes = Array.from({ length: minutesOfDay }, (_, minute) => minuteOf(dayMs + minute * minuteMs));
  }

  async page({ time }: { readonly time: string }, next = "0"): Promise<FilePage> {
    this.pages++;
    const from = Number(next);
    const minutes = this.#minutes.filter((minute) => minute.startsWith(time));
    const left = minutes.length * this.#perMinute - from;
    const files = Array.from({ length: Math.min(pageFiles, left) }, (_, index): QuarantineFile => {
      const minute = minutes[Math.floor((from + index) / this.#perMinute)] ?? "";
      const part = String((from + index) % this.#perMinute);
      return { key: `${minute}/${part}`, minute, shard: "events/s", part, version: 1, bytes: 1 };
    });
    return { files, ...(files.length < left ? { next: String(from + files.length) } : {}) };
  }
}

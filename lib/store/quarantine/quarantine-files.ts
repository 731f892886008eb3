import type { QuarantinedRecord } from "./quarantine.ts";

/** A file of quarantine: what was rejected of one part under one version of its definitions. */
export interface QuarantineFile {
  readonly key: string;
  /** "2026-01-31T1205", UTC: when the first of the part's records arrived. */
  readonly minute: string;
  /** As the ledger names it: stream and shard id. */
  readonly shard: string;
  readonly part: string;
  readonly version: number;
  /** Compressed. */
  readonly bytes: number;
}

/** Which files are looked for: of a day, an hour, ten minutes or a minute ("2026-01-31T1205" cut short), or of one part. */
export interface QuarantineFolder {
  readonly time: string;
  /** Of a whole minute. */
  readonly of?: { readonly shard: string; readonly part: string };
}

/** What one request lists. */
export interface FilePage {
  readonly files: readonly QuarantineFile[];
  /** Where the next page begins; absent after the last. */
  readonly next?: string;
}

/** Reads quarantine. Files come at any time, and are written again as they were. */
export interface QuarantineFiles {
  /** In the order of their names: by minute, shard and part; the versions of a part stand together. */
  page(folder: QuarantineFolder, next?: string): Promise<FilePage>;
  /** The compressed bytes of a file; undefined where it is gone. */
  content(file: QuarantineFile): Promise<Buffer | undefined>;
  /**
   * The records of a file, one at a time; none where it is gone. Takes its compressed bytes where they are at hand. Throws
   * UnreadableQuarantine where it is none of ours, or has a line that is larger than any of ours can be.
   */
  records(file: QuarantineFile, content?: Promise<Buffer | undefined>): AsyncIterable<QuarantinedRecord>;
}

/** An object that is no quarantine file; the message says what was expected and what came. */
export class UnreadableQuarantine extends Error {
  override readonly name = "UnreadableQuarantine";
}

/** All files of a folder, page by page. */
export async function* filesIn(
  quarantine: Pick<QuarantineFiles, "page">,
  folder: QuarantineFolder,
): AsyncGenerator<QuarantineFile> {
  let next: string | undefined;
  do {
    const page = await quarantine.page(folder, next);
    yield* page.files;
    next = page.next;
  } while (next !== undefined);
}

/** The UTC minute of a time as the names of files have it. */
export function minuteOf(ms: number): string {
  const text = new Date(ms).toISOString();
  return `${text.slice(0, 13)}${text.slice(14, 16)}`;
}

/** Where the names of a folder's files begin, behind the prefix of quarantine. */
export function pathOf({ time, of }: QuarantineFolder): string {
  const path = time.replace("T", "/");
  return of === undefined ? path : `${path}/${of.shard}/${of.part}.`;
}

import type { QuarantinedRecord } from "./quarantine.ts";

/** A file of quarantine: what was rejected of one part under one version of its definitions. */
export interface QuarantineFile {
  readonly key: string;
  /** "2026-01-31", UTC: when the part's first record arrived. */
  readonly day: string;
  /** As the ledger names it: stream and shard id. */
  readonly shard: string;
  readonly part: string;
  readonly version: number;
  /** Compressed. */
  readonly bytes: number;
  /** When it was written; its events arrived before. */
  readonly writtenMs: number;
}

/** Below which name files are looked for; narrower is cheaper. */
export interface QuarantineFolder {
  readonly day: string;
  readonly shard?: string;
  readonly part?: string;
}

/** Reads quarantine. Files come at any time, and are written again as they were. */
export interface QuarantineFiles {
  /** In the order of their names: the versions of a part stand together. */
  list(folder: QuarantineFolder): AsyncIterable<QuarantineFile>;
  /**
   * The records of a file, one at a time; none where it is gone. Throws UnreadableQuarantine where it is none of ours, or
   * has a line that is larger than any of ours can be.
   */
  records(file: QuarantineFile): AsyncIterable<QuarantinedRecord>;
}

/** An object that is no quarantine file; the message says what was expected and what came. */
export class UnreadableQuarantine extends Error {
  override readonly name = "UnreadableQuarantine";
}

const dayMs = 86_400_000;

/** The UTC day of a time. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The days that have a moment of the range, both ends included, the newest first. */
export function daysBetween(fromMs: number, toMs: number): string[] {
  const days: string[] = [];
  for (let ms = Math.floor(toMs / dayMs) * dayMs; ms > fromMs - dayMs; ms -= dayMs) days.push(dayOf(ms));
  return days;
}

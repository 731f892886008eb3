import type { QuarantineFile } from "./quarantine-files.ts";

/** How far quarantine was read, from its newest file on. */
export interface Position {
  readonly writtenMs: number;
  readonly key: string;
  /** Events of the file that were read. */
  readonly events: number;
}

/** Less than 0 where `a` comes first: files by when they were written, the newest first. */
export const newestFirst = (
  a: Pick<QuarantineFile, "writtenMs" | "key">,
  b: Pick<QuarantineFile, "writtenMs" | "key">,
): number => b.writtenMs - a.writtenMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** As an answer gives it, in characters that a URL takes. */
export const positionText = ({ writtenMs, key, events }: Position): string =>
  Buffer.from(JSON.stringify([writtenMs, key, events])).toString("base64url");

/** The position that an answer gave; undefined where the text is none. */
export function readPosition(text: string): Position | undefined {
  if (text.length > 2_000) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    const [writtenMs, key, events] = Array.isArray(value) ? (value as unknown[]) : [];
    if (typeof writtenMs !== "number" || typeof key !== "string" || !Number.isSafeInteger(events)) return undefined;
    return { writtenMs, key, events: events as number };
  } catch {
    return undefined;
  }
}

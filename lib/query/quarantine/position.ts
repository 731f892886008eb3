import type { QuarantineFile } from "../../store/quarantine/quarantine-files.ts";

/** How far quarantine was read: the newest minute first, a minute in the order of its files' names. */
export interface Position {
  readonly minute: string;
  /** Shard and part. */
  readonly name: string;
  readonly version: number;
  /** Events of the file that were read. */
  readonly events: number;
}

/** A part within its minute. */
export const nameOf = ({ shard, part }: Pick<QuarantineFile, "shard" | "part">): string => `${shard}/${part}`;

export const positionOf = (file: QuarantineFile, events: number): Position => ({
  minute: file.minute,
  name: nameOf(file),
  version: file.version,
  events,
});

/** As an answer gives it, in characters that a URL takes. */
export const positionText = ({ minute, name, version, events }: Position): string =>
  Buffer.from(JSON.stringify([minute, name, version, events])).toString("base64url");

/** The position that an answer gave; undefined where the text is none. */
export function readPosition(text: string): Position | undefined {
  if (text.length > 2_000) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    const [minute, name, version, events] = Array.isArray(value) ? (value as unknown[]) : [];
    if (typeof minute !== "string" || !/^\d{4}-\d\d-\d\dT\d{4}$/.test(minute) || typeof name !== "string")
      return undefined;
    if (!Number.isSafeInteger(version) || !Number.isSafeInteger(events)) return undefined;
    return { minute, name, version: version as number, events: events as number };
  } catch {
    return undefined;
  }
}

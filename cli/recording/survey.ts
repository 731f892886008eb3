import type { BadRow } from "./recorded-event.ts";
import { openRecording, type RecordingOptions } from "./recording.ts";
import { RecordingError } from "./recording-error.ts";

const minuteMs = 60_000;

/** What a recording holds, known after reading it once. */
export interface Survey {
  readonly events: number;
  /** Earliest and latest event, in epoch milliseconds as recorded. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Reads a recording through, in bounded memory. Throws RecordingError, also when it has no event. */
export async function surveyOf(file: string, options: RecordingOptions = {}): Promise<Survey> {
  let events = 0;
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let bad: BadRow | undefined;
  const onBadRow = (row: BadRow): void => {
    bad ??= row;
    options.onBadRow?.(row);
  };
  const recording = await openRecording(file, { ...options, onBadRow });
  for await (const batch of recording) {
    events += batch.length;
    for (const { timeMs } of batch) {
      if (timeMs < firstMs) firstMs = timeMs;
      if (timeMs > lastMs) lastMs = timeMs;
    }
  }
  if (events === 0) throw new RecordingError(file, `expected events, got none${whyOf(recording.badRows, bad)}`);
  return { events, firstMs, lastMs };
}

const whyOf = (rows: number, bad: BadRow | undefined): string =>
  bad === undefined ? "" : ` in ${rows} ${rows === 1 ? "row" : "rows"}; line ${bad.line}: ${bad.reason}`;

/**
 * By how many milliseconds to shift a recording so that it ends now: whole minutes, so that what happened in one minute
 * of the recording still does, and rounded down, so that nothing happens in the future. The last event lands less than
 * a minute before `nowMs`.
 */
export function shiftTo(nowMs: number, { lastMs }: Pick<Survey, "lastMs">): number {
  return Math.floor((nowMs - lastMs) / minuteMs) * minuteMs;
}

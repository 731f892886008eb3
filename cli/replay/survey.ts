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
  for await (const batch of await openRecording(file, options)) {
    events += batch.length;
    for (const { timeMs } of batch) {
      if (timeMs < firstMs) firstMs = timeMs;
      if (timeMs > lastMs) lastMs = timeMs;
    }
  }
  if (events === 0) throw new RecordingError(file, "expected events, got none");
  return { events, firstMs, lastMs };
}

/**
 * By how many milliseconds to shift a recording so that it ends now: whole minutes, so that what happened in one minute
 * of the recording still does, and rounded down, so that nothing happens in the future. The last event lands less than
 * a minute before `nowMs`.
 */
export function shiftTo(nowMs: number, { lastMs }: Pick<Survey, "lastMs">): number {
  return Math.floor((nowMs - lastMs) / minuteMs) * minuteMs;
}

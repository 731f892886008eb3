import { readLimits } from "../../lib/query/quarantine/answer.ts";
import { standingFiles } from "../../lib/query/quarantine/standing-files.ts";
import { CountedNames } from "../memory/counted-names.ts";

/** Requests to S3 for the names of files, where each minute of a day has the same number of them. */
export interface QuarantineLists {
  readonly filesADay: number;
  /** For the newest files, as many as one answer reads. */
  readonly newest: number;
  /** For all files of an hour, and of the day. */
  readonly hour: number;
  readonly day: number;
}

const dayMs = 86_400_000;
const hourMs = dayMs / 24;

export async function quarantineLists(filesAMinute: number): Promise<QuarantineLists> {
  const perMinute = Math.max(1, Math.round(filesAMinute));
  const startMs = Math.floor(Date.now() / dayMs) * dayMs - dayMs;
  const requests = async (backMs: number, files: number): Promise<number> => {
    const names = new CountedNames(perMinute, startMs);
    const toMs = startMs + dayMs - 1;
    let taken = 0;
    for await (const _ of standingFiles(names, { fromMs: toMs - backMs, toMs }, { nowMs: toMs, first: "newest" })) {
      if (++taken === files) break;
    }
    return names.pages;
  };
  return {
    filesADay: perMinute * 1_440,
    newest: await requests(dayMs, readLimits.filesMax),
    hour: await requests(hourMs, Number.POSITIVE_INFINITY),
    day: await requests(dayMs - hourMs, Number.POSITIVE_INFINITY),
  };
}

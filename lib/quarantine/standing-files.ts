import { disorderMs } from "../dedupe/recall.ts";
import { partLimits } from "../limits.ts";
import { newestFirst } from "./position.ts";
import { daysBetween, type QuarantineFile, type QuarantineFiles } from "./quarantine-files.ts";

/** Files whose names are read for one answer: 20 pages of S3's. */
export const filesListedMax = 20_000;

/** The files that can hold events which arrived in the range, the newest first; and whether these are all. */
export interface StandingFiles {
  readonly files: readonly QuarantineFile[];
  readonly complete: boolean;
}

/** Of each part, only what stands under its highest version. */
export async function standingFiles(
  quarantine: QuarantineFiles,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  listedMax = filesListedMax,
): Promise<StandingFiles> {
  const found = new Map<string, QuarantineFile>();
  let listed = 0;
  // A file lies under the day of its part's first record.
  for (const day of daysBetween(fromMs - partLimits.spanMs - disorderMs, toMs)) {
    for await (const file of quarantine.list({ day })) {
      if (listed++ >= listedMax) return { files: inOrder(found, fromMs), complete: false };
      const name = `${file.shard}/${file.part}`;
      if (file.version >= (found.get(name)?.version ?? 0)) found.set(name, file);
    }
  }
  return { files: inOrder(found, fromMs), complete: true };
}

/** Events arrive before their file is written, but for the clocks. */
const inOrder = (found: ReadonlyMap<string, QuarantineFile>, fromMs: number): QuarantineFile[] =>
  [...found.values()].filter(({ writtenMs }) => writtenMs >= fromMs - disorderMs).sort(newestFirst);

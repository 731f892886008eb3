import { ledgerDays, partLimits } from "../../limits.ts";
import { disorderMs } from "../../roll-up/dedupe/recall.ts";
import { minuteOf, type QuarantineFile, type QuarantineFiles } from "../../store/quarantine/quarantine-files.ts";
import { nameOf, type Position } from "./position.ts";

const dayMs = 86_400_000;

/** A file is kept for as long as the ledger remembers, and may be written that long after its part's records arrived. */
const keptMs = (2 * ledgerDays + 1) * dayMs;

/** Characters of a whole minute: days, hours and tens of minutes are shorter. */
const finest = "2026-01-31T1205".length;
/** A time with more files than these pages is read by smaller times, of which a reader may need one. */
const pagesMax = 2;

export interface ReadingOrder {
  readonly nowMs: number;
  readonly first: "newest" | "oldest";
  /** Where an earlier reading, the newest first, ended. */
  readonly after?: Position | undefined;
}

/**
 * The files that can hold events which arrived in the range, minute by minute; within a minute by name. Of each part, only
 * what stands under its highest version. Reads the names of few more files than its caller takes, however many there are.
 */
export async function* standingFiles(
  quarantine: Pick<QuarantineFiles, "page">,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  { nowMs, first, after }: ReadingOrder,
): AsyncGenerator<QuarantineFile> {
  // A file lies under the first arrival of its part, and holds what arrived until the part was full.
  const earliestMs = Math.max(fromMs - partLimits.spanMs - disorderMs, nowMs - keptMs);
  // Kinesis' clock is not ahead by a day.
  const latestMs = Math.min(toMs, nowMs + dayMs);
  if (earliestMs > latestMs) return;
  const latest = minuteOf(latestMs);
  const asked: Asked = {
    earliest: minuteOf(earliestMs),
    latest: after === undefined || after.minute > latest ? latest : after.minute,
    isNewestFirst: first === "newest",
  };
  for (const day of inTurn(daysBetween(earliestMs, latestMs), asked)) {
    for await (const file of within(quarantine, day, asked)) {
      if (file.minute !== after?.minute || nameOf(file) >= after.name) yield file;
    }
  }
}

interface Asked {
  /** Minutes, both included. */
  readonly earliest: string;
  readonly latest: string;
  readonly isNewestFirst: boolean;
}

async function* within(
  quarantine: Pick<QuarantineFiles, "page">,
  time: string,
  asked: Asked,
): AsyncGenerator<QuarantineFile> {
  const files: QuarantineFile[] = [];
  let next: string | undefined;
  let pages = 0;
  do {
    const page = await quarantine.page({ time }, next);
    files.push(...page.files);
    next = page.next;
    pages++;
  } while (next !== undefined && (pages < pagesMax || time.length === finest));
  if (next === undefined) yield* standing(files, asked);
  else for (const smaller of inTurn(smallerTimes(time), asked)) yield* within(quarantine, smaller, asked);
}

/** In turn, of a time's files. */
function* standing(files: readonly QuarantineFile[], asked: Asked): Generator<QuarantineFile> {
  const byMinute = new Map<string, Map<string, QuarantineFile>>();
  for (const file of files) {
    const parts = byMinute.get(file.minute) ?? new Map<string, QuarantineFile>();
    byMinute.set(file.minute, parts);
    if (file.version >= (parts.get(nameOf(file))?.version ?? 0)) parts.set(nameOf(file), file);
  }
  for (const minute of inTurn([...byMinute.keys()], asked)) {
    for (const [, file] of [...(byMinute.get(minute) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) yield file;
  }
}

/** The times among these that are asked for. */
function inTurn(times: readonly string[], { earliest, latest, isNewestFirst }: Asked): string[] {
  const asked = times.filter((time) => time >= earliest.slice(0, time.length) && time <= latest.slice(0, time.length));
  return isNewestFirst ? asked.sort().reverse() : asked.sort();
}

/** The days that have a moment of the range, both ends included. */
export function daysBetween(fromMs: number, toMs: number): string[] {
  const days: string[] = [];
  for (let ms = Math.floor(fromMs / dayMs) * dayMs; ms <= toMs; ms += dayMs) days.push(minuteOf(ms).slice(0, 10));
  return days;
}

const numbered = (length: number, text: (index: number) => string): string[] =>
  Array.from({ length }, (_, index) => text(index));

/** The hours of a day, the tens of an hour, the minutes of ten. */
function smallerTimes(time: string): string[] {
  if (!time.includes("T")) return numbered(24, (hour) => `${time}T${String(hour).padStart(2, "0")}`);
  return numbered(time.length === "2026-01-31T12".length ? 6 : 10, (digit) => `${time}${digit}`);
}

import { parseTimestamp } from "../../lib/time.ts";
import type { FromLocal } from "./zoned-time.ts";

/** Reads the text of a time; NaN where it is none. */
export type TimeReader = (text: string) => number;

/** Pieces of a format, and what they match; the longest first. */
const pieces = [
  ["YYYY", "(?<year>\\d{4})"],
  ["YY", "(?<short>\\d{2})"],
  ["MMM", "(?<name>[A-Za-z]{3})"],
  ["MM", "(?<month>\\d{2})"],
  ["M", "(?<month>\\d{1,2})"],
  ["DD", "(?<day>\\d{2})"],
  ["D", "(?<day>\\d{1,2})"],
  ["HH", "(?<hour>\\d{2})"],
  ["H", "(?<hour>\\d{1,2})"],
  ["hh", "(?<half>\\d{2})"],
  ["h", "(?<half>\\d{1,2})"],
  ["mm", "(?<minute>\\d{2})"],
  ["ss", "(?<second>\\d{2})"],
  ["SSS", "(?<ms>\\d{3})"],
  ["A", "(?<noon>[AaPp][Mm])"],
  ["Z", "(?<zone>Z|[+-]\\d\\d:?\\d\\d)"],
] as const;

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** What `--time-format` takes besides pieces. */
export const timeFormats = "iso, epoch, or a format of YYYY YY MMM MM M DD D HH H hh h mm ss SSS A Z";

/** Formats that are tried where none is said, each of which no other one of them reads as another time. */
export const guessedFormats = [
  "iso",
  ...["DD.MM.YYYY HH:mm:ss", "DD.MM.YYYY HH:mm", "DD.MM.YYYY", "D.M.YYYY H:mm", "YYYY/MM/DD HH:mm:ss", "YYYY/MM/DD"],
  ...["D MMM YYYY HH:mm:ss", "D MMM YYYY"],
  ...["M/D/YYYY h:mm:ss A", "M/D/YYYY h:mm A", "M/D/YYYY H:mm:ss", "M/D/YYYY H:mm", "M/D/YYYY"],
  ...["D/M/YYYY h:mm:ss A", "D/M/YYYY h:mm A", "D/M/YYYY H:mm:ss", "D/M/YYYY H:mm", "D/M/YYYY"],
] as const;

/** The reader of a format; undefined where it is none. What says no zone of its own is in the given one. */
export function timeReader(format: string, fromLocal: FromLocal): TimeReader | undefined {
  if (format === "iso") return (text) => isoTime(text, fromLocal);
  if (format === "epoch") return (text) => (/^\d+(\.\d+)?$/.test(text) ? parseTimestamp(text) : Number.NaN);
  const pattern = patternOf(format);
  return pattern === undefined ? undefined : (text) => timeOf(pattern.exec(text)?.groups, fromLocal);
}

function isoTime(text: string, fromLocal: FromLocal): number {
  const bare = text.endsWith(" UTC") ? `${text.slice(0, -4)}Z` : text;
  const ms = parseTimestamp(bare);
  const isZoned = /[Zz]$|[T ].*[+\-\u2212]\d\d(:?\d\d)?$|^\d{10}(\.\d+)?$|^\d{13}$/.test(bare);
  return isZoned || Number.isNaN(ms) ? ms : fromLocal(ms);
}

function patternOf(format: string): RegExp | undefined {
  let source = "";
  for (let rest = format; rest !== ""; ) {
    const piece = pieces.find(([name]) => rest.startsWith(name));
    source += piece === undefined ? (rest[0] ?? "").replace(/[^\w\s]/, "\\$&") : piece[1];
    rest = rest.slice(piece === undefined ? 1 : piece[0].length);
  }
  const hasDay = /<day>/.test(source) && /<month>|<name>/.test(source) && /<year>|<short>/.test(source);
  try {
    return hasDay ? new RegExp(`^${source}$`) : undefined;
  } catch {
    // A piece that stands there twice.
    return undefined;
  }
}

function timeOf(found: Readonly<Record<string, string>> | undefined, fromLocal: FromLocal): number {
  if (found === undefined) return Number.NaN;
  const { year, short, month, name, day, hour, half, noon, minute = "00", second = "00", ms = "000", zone } = found;
  const two = (text: string | number): string => String(text).padStart(2, "0");
  const named = name === undefined ? month : months.indexOf(name.toLowerCase()) + 1;
  const hours = half === undefined ? (hour ?? "0") : hourOf(Number(half), noon);
  const date = `${year ?? `20${short}`}-${two(named ?? "")}-${two(day ?? "")}`;
  const text = `${date}T${two(hours)}:${minute}:${second}.${ms}`;
  return zone === undefined ? fromLocal(parseTimestamp(`${text}Z`)) : parseTimestamp(`${text}${zone}`);
}

/** 12 AM is midnight, 12 PM noon. An hour that a clock of twelve does not have stays none. */
function hourOf(half: number, noon: string | undefined): number {
  if (half < 1 || half > 12) return 99;
  return (half % 12) + (noon?.toLowerCase() === "pm" ? 12 : 0);
}

/**
 * The format that reads all of the texts. A text names two that read them as different times: only a person can tell
 * them apart. Undefined where none does.
 */
export function guessedFormat(texts: readonly string[], fromLocal: FromLocal): string | readonly string[] | undefined {
  const fitting = guessedFormats.filter((format) => {
    const read = timeReader(format, fromLocal);
    return texts.every((text) => !Number.isNaN(read?.(text) ?? Number.NaN));
  });
  const [first] = fitting;
  if (first === undefined || texts.length === 0) return undefined;
  const timesBy = (format: string): string => texts.map((text) => timeReader(format, fromLocal)?.(text)).join();
  const other = fitting.find((format) => timesBy(format) !== timesBy(first));
  return other === undefined ? first : [first, other];
}

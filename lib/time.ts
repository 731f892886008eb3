/** A length of time as people write it: "90s", "15m", "24h", "30d". */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The milliseconds of a duration, or `undefined` where the text is none. */
export function durationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(s|m|h|d)$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : unitMs[match[2]];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

const digit = (text: string, index: number): number => text.charCodeAt(index) - 48;

const pair = (text: string, index: number): number => digit(text, index) * 10 + digit(text, index + 1);

// Every field of a timestamp in the form that Date.prototype.toISOString() writes, which is what nearly all senders use.
const canonical = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** ISO 8601 in one of its two forms; the separators are those of the extended form, or none. */
const iso8601 = (dash: "-" | "", colon: ":" | ""): RegExp => {
  const clock = String.raw`(\d\d)(?:${colon}(\d\d)(?:${colon}(\d\d))?)?(?:[.,](\d+))?`;
  const zone = String.raw`[Zz]|([+\-\u2212])(\d\d)(?::?(\d\d))?`;
  return new RegExp(String.raw`^(\d{4})${dash}(\d\d)${dash}(\d\d)(?:[Tt ]${clock}(?:${zone})?)?$`);
};

const extended = iso8601("-", ":");

const basic = iso8601("", "");

/** Longest timestamp that is read, in UTF-16 units. */
const lengthMax = 40;

const epochSeconds = /^\d{10}(?:\.\d+)?$/;

const epochMilliseconds = /^\d{13}$/;

/** The beginning of the year 1. */
const zeroMs = -62_135_596_800_000;

// Date.UTC would read the years 0 to 99 as 1900 to 1999.
const midnightOf = (year: number, month: number, day: number): Date => {
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  return midnight;
};

const daysIn = (year: number, month: number): number => midnightOf(year, month + 1, 0).getUTCDate();

// The same day comes over and over: remember the last one.
let lastDay = "1970-01-01";

let lastDayMs = 0;

/** Of a text that begins with a date in the extended form. */
function dayMs(text: string): number {
  if (text.startsWith(lastDay)) return lastDayMs;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return Number.NaN;
  lastDay = text.slice(0, 10);
  lastDayMs = midnightOf(year, month, day).getTime();
  return lastDayMs;
}

function clockMs(hours: number, minutes: number, seconds: number): number {
  // 24:00:00 is the end of the day. A second 60 is a leap second, folded into the one before it as POSIX time does.
  if (hours === 24 && minutes === 0 && seconds === 0) return 86_400_000;
  if (hours > 23 || minutes > 59 || seconds > 60) return Number.NaN;
  return hours * 3_600_000 + minutes * 60_000 + Math.min(seconds, 59) * 1_000;
}

/**
 * The epoch milliseconds of a text in ISO 8601, or NaN. It may be in the extended or the basic form, end after the
 * hours, the minutes or the seconds, and have a fraction of the last of them; a date alone is its midnight. Without a
 * zone it is UTC, on any machine. A text of 10 digits is epoch seconds, one of 13 epoch milliseconds. Digits past the
 * millisecond are cut off. Week dates, ordinal dates and whole months or years are not read.
 */
export function parseTimestamp(text: string): number {
  if (text.length === 24 && canonical.test(text)) {
    const hours = pair(text, 11);
    const ms = digit(text, 20) * 100 + digit(text, 21) * 10 + digit(text, 22);
    if (hours < 24) return dayMs(text) + clockMs(hours, pair(text, 14), pair(text, 17)) + ms;
  }
  if (text.length > lengthMax) return Number.NaN;
  const match = extended.exec(text) ?? basic.exec(text);
  return match === null ? epochMs(text) : momentOf(match);
}

function momentOf(match: RegExpExecArray): number {
  const [, year, month, day, hours = "0", minutes, seconds, fraction, sign, zoneHours = "0", zoneMinutes = "0"] = match;
  if (Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return Number.NaN;
  const offsetMs =
    (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === undefined || sign === "+" ? 1 : -1);
  const unitMs = seconds !== undefined ? 1_000 : minutes !== undefined ? 60_000 : 3_600_000;
  const fractionMs = fraction === undefined ? 0 : Math.floor(partOf(fraction, unitMs));
  const timeMs = clockMs(Number(hours), Number(minutes ?? "0"), Number(seconds ?? "0"));
  if (timeMs === 86_400_000 && fractionMs > 0) return Number.NaN;
  return dayMs(`${year}-${month}-${day}`) + timeMs + fractionMs - offsetMs;
}

/** Exact: 0.29 of a second is 290 ms, where floating point would say 289. */
const partOf = (fraction: string, unitMs: number): number => {
  const digits = fraction.slice(0, 9);
  return (Number(digits) * unitMs) / 10 ** digits.length;
};

function epochMs(text: string): number {
  if (epochMilliseconds.test(text)) return Number(text);
  if (!epochSeconds.test(text)) return Number.NaN;
  const [seconds, fraction = ""] = text.split(".");
  return Number(seconds) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, "0"));
}

/**
 * The epoch milliseconds of a time as an event has it: a text as `parseTimestamp` reads it, or a number, of which 10
 * digits before the point are epoch seconds and 13 epoch milliseconds (2001 to 2286). NaN for anything else.
 */
export function timestampMs(value: unknown): number {
  if (typeof value === "string") return parseTimestamp(value);
  if (typeof value !== "number") return Number.NaN;
  // By way of microseconds: 1706693400.29 s times 1,000 may be a little less than 1706693400290.
  if (value >= 1e9 && value < 1e10) return Math.floor(Math.round(value * 1e6) / 1_000);
  return value >= 1e12 && value < 1e13 ? Math.floor(value) : Number.NaN;
}

/** Midnight of the first day of the year 1, on whatever clock. */
const zeroClock = /^0001-?01-?01(?:[Tt ][0:.,]*)?(?:[Zz]|[+\-\u2212][\d:]+)?$/;

const offset = /[+\-\u2212]\d\d(?::?\d\d)?$/;

/**
 * Whether a time that a client fills in by itself was set: not where it is absent, null or empty, nor where it is the
 * first moment of the year 1, which is what a variable without a time becomes in Go and C#. They may write it in local
 * time: as midnight there, or as the moment, off by less than a minute where the zone's offset had seconds then.
 */
export function isTimeGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (typeof value === "number") return value !== zeroMs && value !== zeroMs / 1_000;
  if (typeof value !== "string" || !value.startsWith("000")) return true;
  return !zeroClock.test(value) && !(offset.test(value) && Math.abs(parseTimestamp(value) - zeroMs) < 60_000);
}

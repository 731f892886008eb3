const digit = (text: string, index: number): number => text.charCodeAt(index) - 48;
const pair = (text: string, index: number): number => digit(text, index) * 10 + digit(text, index + 1);

// Every field of a timestamp in the form that Date.prototype.toISOString() writes, which is what nearly all senders use.
const canonical = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:([Zz])|([+-])(\d\d):?(\d\d))$/;

// Date.UTC would read the years 0 to 99 as 1900 to 1999.
const midnightOf = (year: number, month: number, date: number): Date => {
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, date);
  return midnight;
};
const daysIn = (year: number, month: number): number => midnightOf(year, month + 1, 0).getUTCDate();

// The same day comes over and over: remember the last one.
let lastDay = "1970-01-01";
let lastDayMs = 0;

function dayMs(text: string): number {
  if (text.startsWith(lastDay)) return lastDayMs;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const date = pair(text, 8);
  if (month < 1 || month > 12 || date < 1 || date > daysIn(year, month)) return Number.NaN;
  lastDay = text.slice(0, 10);
  lastDayMs = midnightOf(year, month, date).getTime();
  return lastDayMs;
}

function clockMs(text: string): number {
  const hours = pair(text, 11);
  const minutes = pair(text, 14);
  const seconds = pair(text, 17);
  // 60 is a leap second, folded into the second before it as POSIX time does.
  if (hours > 23 || minutes > 59 || seconds > 60) return Number.NaN;
  return hours * 3_600_000 + minutes * 60_000 + Math.min(seconds, 59) * 1_000;
}

/**
 * The epoch milliseconds of an RFC 3339 timestamp, or NaN. A zone is required: a local time would land in another
 * minute on another machine. Digits past the millisecond are cut off.
 */
export function parseTimestamp(text: string): number {
  if (text.length === 24 && canonical.test(text)) {
    return dayMs(text) + clockMs(text) + digit(text, 20) * 100 + digit(text, 21) * 10 + digit(text, 22);
  }
  const match = text.length > 40 ? null : rfc3339.exec(text);
  if (match === null) return Number.NaN;
  const [, , , , , , , fraction = "", , sign, offsetHours = "0", offsetMinutes = "0"] = match;
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return Number.NaN;
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000 * (sign === "-" ? -1 : 1);
  return dayMs(text) + clockMs(text) + Number(fraction.slice(0, 3).padEnd(3, "0")) - offsetMs;
}

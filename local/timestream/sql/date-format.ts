/** `date_format` and `date_parse` (Trino, "MySQL date functions"): what each letter after a `%` writes and reads. */

const DAY_NS = 86_400_000_000_000n;
const MONTHS = "January February March April May June July August September October November December".split(" ");
const WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
/** Trino refuses these letters by name. */
const UNSUPPORTED = "DUuVwX";

interface Parts {
  readonly date: Date;
  readonly nanos: bigint;
}

const two = (value: number): string => String(value).padStart(2, "0");
const hour12 = ({ date }: Parts): number => date.getUTCHours() % 12 || 12;
const half = ({ date }: Parts): string => (date.getUTCHours() < 12 ? "AM" : "PM");
const clock = ({ date }: Parts): string => date.toISOString().slice(11, 19);

/** Year and week by ISO 8601: a week belongs to the year of its Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date);
  thursday.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1 };
}

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;

const WRITERS: Readonly<Record<string, (parts: Parts) => string>> = {
  a: ({ date }) => (WEEKDAYS[date.getUTCDay()] ?? "").slice(0, 3),
  b: ({ date }) => (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3),
  c: ({ date }) => String(date.getUTCMonth() + 1),
  d: ({ date }) => two(date.getUTCDate()),
  e: ({ date }) => String(date.getUTCDate()),
  f: ({ nanos }) => String(nanos / 1_000n).padStart(6, "0"),
  H: ({ date }) => two(date.getUTCHours()),
  h: (parts) => two(hour12(parts)),
  I: (parts) => two(hour12(parts)),
  i: ({ date }) => two(date.getUTCMinutes()),
  j: ({ date }) => String(dayOfYear(date)).padStart(3, "0"),
  k: ({ date }) => String(date.getUTCHours()),
  l: (parts) => String(hour12(parts)),
  M: ({ date }) => MONTHS[date.getUTCMonth()] ?? "",
  m: ({ date }) => two(date.getUTCMonth() + 1),
  p: half,
  r: (parts) => `${two(hour12(parts))}${clock(parts).slice(2)} ${half(parts)}`,
  S: ({ date }) => two(date.getUTCSeconds()),
  s: ({ date }) => two(date.getUTCSeconds()),
  T: clock,
  v: ({ date }) => two(isoWeek(date).week),
  W: ({ date }) => WEEKDAYS[date.getUTCDay()] ?? "",
  x: ({ date }) => String(isoWeek(date).year).padStart(4, "0"),
  Y: ({ date }) => String(date.getUTCFullYear()).padStart(4, "0"),
  y: ({ date }) => two(date.getUTCFullYear() % 100),
  "%": () => "%",
};

function checkLetter(letter: string): void {
  if (letter !== "" && UNSUPPORTED.includes(letter)) {
    throw new Error(`%${letter} not supported in date format string`);
  }
}

/** A time in nanoseconds since the epoch, as the format says. A letter that has no meaning stands for itself. */
export function dateFormat(epochNs: bigint, format: string): string {
  const nanos = ((epochNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const parts = { date: new Date(Number((epochNs - nanos) / 1_000_000n)), nanos };
  return format.replaceAll(/%(.?)/gs, (_, letter: string) => {
    checkLetter(letter);
    return WRITERS[letter]?.(parts) ?? letter;
  });
}

type Read = Partial<Record<"year" | "month" | "day" | "dayOfYear" | "hour" | "minute" | "second", number>> & {
  nanos?: bigint;
  isAfternoon?: boolean;
};

const number = (digits: number, name: Exclude<keyof Read, "nanos" | "isAfternoon">): Reader => [
  `\\d{1,${digits}}`,
  (text, read) => {
    read[name] = Number(text);
  },
];
type Reader = readonly [pattern: string, take: (text: string, read: Read) => void];

const names = (all: readonly string[], length: number | undefined): string =>
  all.map((name) => name.slice(0, length)).join("|");
const monthNamed: Reader["1"] = (text, read) => {
  read.month = MONTHS.findIndex((month) => month.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase()) + 1;
};
const clockRead: Reader["1"] = (text, read) => {
  const [hour = 0, minute = 0, second = 0] = text.split(/[: ]/).map(Number);
  Object.assign(read, { hour, minute, second });
  if (/[ap]m$/i.test(text)) read.isAfternoon = /pm$/i.test(text);
};
const skip: Reader["1"] = () => {};

const READERS: Readonly<Record<string, Reader>> = {
  a: [names(WEEKDAYS, 3), skip],
  b: [names(MONTHS, 3), monthNamed],
  c: number(2, "month"),
  d: number(2, "day"),
  e: number(2, "day"),
  f: [
    "\\d{1,9}",
    (text, read) => {
      read.nanos = BigInt(text.padEnd(9, "0"));
    },
  ],
  H: number(2, "hour"),
  h: number(2, "hour"),
  I: number(2, "hour"),
  i: number(2, "minute"),
  j: number(3, "dayOfYear"),
  k: number(2, "hour"),
  l: number(2, "hour"),
  M: [names(MONTHS, undefined), monthNamed],
  m: number(2, "month"),
  p: [
    "[ap]m",
    (text, read) => {
      read.isAfternoon = text.toLowerCase() === "pm";
    },
  ],
  r: ["\\d{1,2}:\\d{1,2}:\\d{1,2} [ap]m", clockRead],
  S: number(2, "second"),
  s: number(2, "second"),
  T: ["\\d{1,2}:\\d{1,2}:\\d{1,2}", clockRead],
  W: [names(WEEKDAYS, undefined), skip],
  Y: number(4, "year"),
  y: [
    "\\d{2}",
    (text, read) => {
      // As Joda-Time's pivot year does: 1970 to 2069.
      read.year = Number(text) + (Number(text) < 70 ? 2000 : 1900);
    },
  ],
};

/** Nanoseconds since the epoch of a text in the format. Throws for a text that is not in it. */
export function dateParse(text: string, format: string): bigint {
  const takes: Reader["1"][] = [];
  const pattern = format.replaceAll(/%(.?)|[\\^$.*+?()[\]{}|/-]/gs, (found, letter: string | undefined) => {
    if (letter === undefined) return `\\${found}`;
    checkLetter(letter);
    const reader = READERS[letter];
    if (reader === undefined && Object.hasOwn(WRITERS, letter) && letter !== "%") {
      throw new Error(`%${letter} is not read by date_parse on the laptop`);
    }
    if (reader === undefined) return letter.replace(/\W/, "\\$&");
    takes.push(reader[1]);
    return `(${reader[0]})`;
  });
  const found = new RegExp(`^${pattern}$`, "i").exec(text);
  const read: Read = {};
  for (const [at, take] of takes.entries()) take(found?.[at + 1] ?? "", read);
  const epochNs = found === null ? undefined : instant(read);
  if (epochNs === undefined) throw new Error(`Invalid format: "${text}"`);
  return epochNs;
}

/** Undefined where there is no such time. */
function instant(read: Read): bigint | undefined {
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, nanos = 0n, isAfternoon } = read;
  const hourOfDay = isAfternoon === undefined ? hour : (hour % 12) + (isAfternoon ? 12 : 0);
  if (hourOfDay > 23 || minute > 59 || second > 59 || (isAfternoon !== undefined && hour > 12)) return undefined;
  const dayMs = read.dayOfYear === undefined ? Date.UTC(year, month - 1, day) : Date.UTC(year, 0, read.dayOfYear);
  const date = new Date(dayMs);
  if (read.dayOfYear === undefined && (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)) return undefined;
  if (date.getUTCFullYear() !== year) return undefined;
  return BigInt(dayMs / 86_400_000) * DAY_NS + BigInt(hourOfDay * 3600 + minute * 60 + second) * 1_000_000_000n + nanos;
}

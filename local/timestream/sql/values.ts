import { doubleText, intervalText } from "../query/datum.ts";

/** What `cast(x AS varchar)` gives of a value of one of DuckDB's types, from DuckDB's own text of it. */
export function trinoText(type: string, text: string): string {
  switch (type) {
    case "FLOAT":
    case "DOUBLE":
      return doubleText(doubleOf(text));
    case "TIMESTAMP":
    case "TIMESTAMP_NS":
    case "TIMESTAMP_MS":
    case "TIMESTAMP_S":
    case "TIME":
      return withNanos(text);
    case "INTERVAL":
      return intervalOf(text);
    default:
      return text;
  }
}

const doubleOf = (text: string): number => Number(text.replace(/inf$/, "Infinity").replace(/nan$/, "NaN"));

function withNanos(text: string): string {
  const [whole = "", fraction = ""] = text.split(".");
  return `${whole}.${fraction.padEnd(9, "0")}`;
}

/** DuckDB writes `1 year 2 months 3 days 04:05:06.5`, and a minus at each part below zero. */
function intervalOf(text: string): string {
  const part = (unit: string): number => Number(new RegExp(`(-?\\d+) ${unit}`).exec(text)?.[1] ?? 0);
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /(-?)(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const micros = BigInt(Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1e6));
  return intervalText({
    months: part("year") * 12 + part("month"),
    days: part("day"),
    micros: sign === "-" ? -micros : micros,
  });
}

/** A time or a date as ISO 8601 has it. */
export function isoText(type: string, text: string): string {
  return type === "DATE" ? text : `${withNanos(text).replace(" ", "T")}Z`;
}

const isoForm = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** Nanoseconds since the epoch of an ISO 8601 text; UTC where it has no zone. */
export function isoTime(text: string): bigint {
  const [found, date = "", time = "00:00", fraction = "", zone = "Z"] = isoForm.exec(text) ?? [];
  const offset = zone.length === 3 ? `${zone}:00` : zone.replace(/^(...)(\d\d)$/, "$1:$2");
  const epochMs = found === undefined ? Number.NaN : Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(epochMs)) throw new Error(`Invalid format: "${text}"`);
  return BigInt(epochMs) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** A pattern of Java's as RE2 takes it. RE2 looks at nothing before or after what it matches. */
export function patternOf(pattern: string): string {
  return pattern.replaceAll(/\\.|\(\?(<?[=!]|>|<(?=\w))/gs, (text, operator?: string) => {
    if (operator === undefined) return text;
    if (operator === "<") return "(?P<";
    throw new Error(`${text} in a regular expression is part of Timestream SQL, but does not run on the laptop`);
  });
}

/**
 * A replacement as RE2 takes it: `$1` and `${name}` are groups, a backslash takes the meaning from the character after
 * it (Trino, "Regular expression functions").
 */
export function replacementOf(pattern: string, replacement: string): string {
  const groups = [...pattern.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|\((?!\?)|\(\?P?<(?![=!])(\w+)>/gs)].filter(([text]) =>
    text.startsWith("("),
  );
  const group = (index: number, name: string): string => {
    if (index < 0 || index > groups.length) throw new Error(`Pattern has no group ${name}`);
    if (index > 9) throw new Error("regexp_replace takes at most 9 groups on the laptop");
    return `\\${index}`;
  };
  return replacement.replaceAll(
    /\\(.?)|\$(?:(\d)|\{(\w+)\}|)/gs,
    (text, escaped?: string, digit?: string, name?: string) => {
      if (escaped !== undefined) return escaped === "\\" || escaped === "" ? "\\\\" : escaped;
      if (digit !== undefined) return group(Number(digit), digit);
      if (name !== undefined) return group(groups.findIndex(([, one]) => one === name) + 1 || -1, `'${name}'`);
      throw new Error(`Illegal replacement sequence: ${text} is not followed by a group`);
    },
  );
}

function checkBase(base: bigint): number {
  if (base < 2n || base > 36n) throw new Error("Radix must be between 2 and 36");
  return Number(base);
}

export const baseText = (value: bigint, base: bigint): string => value.toString(checkBase(base));

export function wholeOfBase(text: string, base: bigint): bigint {
  const radix = checkBase(base);
  const digits = text.replace(/^[+-]/, "").toLowerCase();
  let value = 0n;
  for (const digit of digits) {
    const at = "0123456789abcdefghijklmnopqrstuvwxyz".indexOf(digit);
    if (at < 0 || at >= radix) throw new Error(`Not a valid base-${base} number: ${text}`);
    value = value * base + BigInt(at);
  }
  const signed = text.startsWith("-") ? -value : value;
  if (digits === "" || BigInt.asIntN(64, signed) !== signed) {
    throw new Error(`Not a valid base-${base} number: ${text}`);
  }
  return signed;
}

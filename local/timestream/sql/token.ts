import { invalid } from "../failure.ts";

export type TokenKind = "word" | "quoted" | "string" | "number" | "duration" | "symbol";

/** A token of Timestream SQL; comments and white space leave none. */
export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** A word in lower case, a quoted identifier's name or a string's content; otherwise the text. */
  readonly value: string;
  /** Index of the first character in the query. */
  readonly at: number;
}

/** Units of interval literals such as `15m` ("Supported data types" and "Date / time operators") -> DuckDB's word. */
const UNITS: Readonly<Record<string, string>> = {
  ns: "nanoseconds",
  nanosecond: "nanoseconds",
  us: "microseconds",
  microsecond: "microseconds",
  ms: "milliseconds",
  millisecond: "milliseconds",
  s: "seconds",
  second: "seconds",
  m: "minutes",
  minute: "minutes",
  h: "hours",
  hour: "hours",
  d: "days",
  day: "days",
  w: "weeks",
  week: "weeks",
  month: "months",
  year: "years",
};

/** Each pattern is tried at one place, in this order. A quoted part that never ends matches none. */
const PATTERNS: readonly (readonly [TokenKind | "skip", RegExp])[] = [
  ["skip", /\s+|--[^\n]*|\/\*[\s\S]*?\*\//y],
  ["string", /'[^']*(?:''[^']*)*'/y],
  ["quoted", /"[^"]*(?:""[^"]*)*"/y],
  ["duration", /\d+(?:\.\d+)?(?!e[+-]?\d)[a-z]+/iy],
  ["number", /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.])/iy],
  ["word", /[a-z_][a-z0-9_]*/iy],
  // Trino's operators and no others; `!=`, `::` and the like before their first character alone.
  ["symbol", /<>|!=|<=|>=|\|\||::|(?!\/\*)[-+*/%<>=()[\],.;]/y],
];

/** Splits a query into tokens; a ValidationException names the line and column of what is none. */
export function tokenize(query: string): Token[] {
  // DuckDB would take a null character for the end of the query.
  const end = query.indexOf("\0");
  if (end >= 0) throw invalid(`line ${place(query, end)}: unexpected null character`);
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const found = matchAt(query, at);
    if (!found) throw invalid(`line ${place(query, at)}: unexpected ${JSON.stringify(query.slice(at, at + 20))}`);
    const [kind, text] = found;
    if (kind === "duration" && !Object.hasOwn(UNITS, unitOf(text))) {
      throw invalid(`line ${place(query, at)}: ${JSON.stringify(unitOf(text))} is no unit of time`);
    }
    if (kind !== "skip") tokens.push({ kind, text, value: contentOf(kind, text), at });
    at += text.length;
  }
  return tokens;
}

/** `line:column` of a token's place, both from 1. */
export function place(query: string, at: number): string {
  const before = query.slice(0, at).split("\n");
  return `${before.length}:${(before.at(-1) ?? "").length + 1}`;
}

/** The SQL of an interval literal such as `15m`. DuckDB's intervals end at the microsecond. */
export function intervalSql(duration: Token): string {
  const count = Number.parseFloat(duration.text);
  const unit = UNITS[unitOf(duration.text)];
  return unit === "nanoseconds" ? `INTERVAL '${Math.trunc(count / 1000)} microseconds'` : `INTERVAL '${count} ${unit}'`;
}

function matchAt(query: string, at: number): [TokenKind | "skip", string] | undefined {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const text = pattern.exec(query)?.[0];
    if (text !== undefined) return [kind, text];
  }
  return undefined;
}

function unitOf(duration: string): string {
  return duration.replace(/^[\d.]+/, "").toLowerCase();
}

function contentOf(kind: TokenKind, text: string): string {
  if (kind === "word") return text.toLowerCase();
  if (kind === "quoted") return text.slice(1, -1).replaceAll('""', '"');
  if (kind === "string") return text.slice(1, -1).replaceAll("''", "'");
  return text;
}

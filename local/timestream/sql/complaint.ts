import { ServiceFailure } from "../failure.ts";

/** DuckDB's messages that have a counterpart in Trino's words. */
const KNOWN: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/^Referenced column "(.*?)" (?:was )?not found/, (name) => `Column '${name}' does not exist`],
  [/^Referenced table "(.*?)" not found/, (name) => `The table ${name} does not exist`],
  [
    /^Values list "(.*?)" does not have a column named "(.*?)"/,
    (table, name) => `Column '${table}.${name}' does not exist`,
  ],
  [/^Table "(.*?)" does not have a column named "(.*?)"/, (table, name) => `Column '${table}.${name}' does not exist`],
  [/^syntax error at or near "(.*)"/, (near) => `mismatched input '${near}'`],
];

/** DuckDB's error as the service would answer it: a ValidationException, unless it is not the query's fault. */
export function complaint(error: unknown): ServiceFailure {
  if (error instanceof ServiceFailure) return error;
  const text = error instanceof Error ? error.message : String(error);
  const kind = /^([A-Za-z ]+) Error: /.exec(text)?.[1] ?? "";
  if (kind === "INTERRUPT")
    return new ServiceFailure("QueryExecutionException", "The query was cancelled or timed out.");
  if (kind === "Out of Memory") {
    return new ServiceFailure("QueryExecutionException", "The query needs more memory than the local emulator has.");
  }
  if (kind === "INTERNAL" || kind === "FATAL" || kind === "IO" || kind === "") {
    return new ServiceFailure("InternalServerException", text, { cause: error });
  }
  return new ServiceFailure("ValidationException", tidy(text.slice(kind.length + " Error: ".length)), { cause: error });
}

/** Without DuckDB's hints, its copy of the query, and our own names in it. */
function tidy(message: string): string {
  const [head = ""] = message.split(
    /\n\n?(?:LINE \d+:|Candidate|Did you mean|\tCandidate|Either add|Possible solutions)/,
  );
  const text = head
    .trim()
    .replaceAll(/"?db:([\w.-]+)"?\./g, "$1.")
    .replaceAll(/\bts_(\w+)(?=\()/g, "$1");
  for (const [pattern, words] of KNOWN) {
    const found = pattern.exec(text);
    if (found) return words(...found.slice(1));
  }
  return text;
}

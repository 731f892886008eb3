import { ServiceFailure } from "../failure.ts";
import { FUNCTIONS } from "./functions.ts";
import { OWN_ERROR } from "./scalar-functions.ts";

type Words = (...parts: string[]) => string;

/** DuckDB's types and literals by their names in Timestream. */
const TYPES: Readonly<Record<string, string>> = {
  STRING_LITERAL: "varchar",
  INTEGER_LITERAL: "integer",
  INT8: "tinyint",
  INT16: "smallint",
  INT32: "integer",
  INT64: "bigint",
  INT128: "bigint",
  HUGEINT: "bigint",
  FLOAT: "double",
  TIMESTAMP_NS: "timestamp",
  TIMESTAMP_MS: "timestamp",
  TIMESTAMP_S: "timestamp",
  '"NULL"': "unknown",
  BOOL: "boolean",
};

const typeName = (type: string): string => {
  const list = /^(.+)\[\d*\]$/.exec(type.trim());
  if (list) return `array(${typeName(list[1] ?? "")})`;
  const plain = type.trim().replace(/^DECIMAL\(.*\)$/, "DOUBLE");
  return TYPES[plain] ?? plain.toLowerCase();
};
const typeNames = (types: string): string => types.split(", ").map(typeName).join(", ");

const OPERATORS: Readonly<Record<string, string>> = { "//": "/", "~~": "LIKE", "!~~": "NOT LIKE" };

/** A call or an operation whose operands have the wrong types, as `sum(VARCHAR)` or `+(VARCHAR, INTEGER)`. */
const mismatch: Words = (name = "", types = "") =>
  /^\W+$/.test(name)
    ? `Cannot apply operator: ${typeNames(types).replace(", ", ` ${OPERATORS[name] ?? name} `)}`
    : `Unexpected parameters (${typeNames(types)}) for function ${publicName(name)}`;

const PUBLIC: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FUNCTIONS).flatMap(([name, { as }]) => (as === undefined || as.startsWith("ts_") ? [] : [[as, name]])),
);

/** The name of a function as a query has it, of one of ours. */
const publicName = (name: string): string =>
  PUBLIC[name] ??
  name
    .replace(/^(?:\w+\.)*/, "")
    .replace(/^ts_/, "")
    .replace(/^(?:list|array)_(?=sort$)/, "array_");

const cast =
  (type: string): Words =>
  (value = "") =>
    `Cannot cast '${value}' to ${type}`;

const tooFew: Words = (name = "") => `Unexpected parameters for function ${publicName(name)}`;
const unknownColumn: Words = (...names) => `Column '${names.join(".")}' does not exist`;

/** DuckDB's messages, and the same in Trino's words. The first that fits is taken. */
const KNOWN: readonly (readonly [RegExp, Words])[] = [
  [/^Referenced column "(.*?)" (?:was )?not found/, unknownColumn],
  [/^Referenced table "(.*?)" not found/, (name) => `The table ${name} does not exist`],
  [/^(?:Values list|Table) "(.*?)" does not have a column named "(.*?)"/, unknownColumn],
  [/^Ambiguous reference to (?:column name|table) "(.*?)"/, (name) => `Column '${name}' is ambiguous`],
  [/^Duplicate alias "(.*?)"/, (name) => `The alias '${name}' is given twice`],
  [/^syntax error at or near "(.*?)"/, (near) => `mismatched input '${near}'`],
  [/^syntax error at end of input/, () => "mismatched input '<EOF>'"],
  [/^zero-length delimited identifier/, () => "Zero-length delimited identifier not allowed"],
  [/^Only SELECT statements/, () => "Only SELECT statements can be run"],
  [/^SELECT clause without selection list/, () => "mismatched input 'FROM'. Expecting: <expression>"],
  [/^No function matches the given name and argument types '(.*?)\((.*)\)'/, mismatch],
  [/^Could not choose a best candidate function for the function call "(.*?)\((.*)\)"/, mismatch],
  [/^Macro (?:function )?"?([\w.]+)"?\(?/, tooFew],
  [
    /^(?:Catalog Error: )?(?:Scalar|Table|Aggregate) Function with name "?(\w+)"? does not exist/,
    (name) => `Function ${publicName(name ?? "")} not registered`,
  ],
  [
    /must appear in the GROUP BY clause|column "(.*?)" must appear in/,
    () => "An expression that is selected must be an aggregate or appear in the GROUP BY clause",
  ],
  [/aggregate function calls cannot be nested/, () => "Aggregations cannot be nested"],
  [
    /^(WHERE|GROUP BY|HAVING|ON|JOIN)? ?clause cannot contain (aggregates|window functions)/i,
    (clause = "The", what) => `${clause} clause cannot contain ${what}`,
  ],
  [
    /aggregates? (?:functions )?(?:are|is) not allowed|cannot contain aggregates/,
    () => "Aggregations are not allowed here",
  ],
  [/window functions are not allowed|cannot contain window functions/, () => "Window functions are not allowed here"],
  [
    /^Cannot compare values of type (.+?) and(?: type)? (.+?)(?: -|\.|$)/,
    (a = "", b = "") => `Cannot apply operator: ${typeName(a)} = ${typeName(b)}`,
  ],
  [
    /^Cannot mix values of type (.+?) and (.+?) in/,
    (a = "", b = "") => `Expected values of one type, got ${typeName(a)} and ${typeName(b)}`,
  ],
  [/^Type with name (.+?) does not exist/, (name) => `Unknown type: ${name}`],
  [
    /^Unimplemented type for cast \((.+?) -> (.+?)\)/,
    (a = "", b = "") => `Cannot cast ${typeName(a)} to ${typeName(b)}`,
  ],
  [
    /^Could not convert string '(.*)' to (\w+)/s,
    (value = "", type = "") => `Cannot cast '${value}' to ${typeName(type)}`,
  ],
  [/^(?:invalid )?timestamp field (?:format|value out of range): "(.*?)"/s, cast("timestamp")],
  [/^(?:invalid )?date field (?:format|value out of range): "(.*?)"/s, cast("date")],
  [/^(?:invalid )?time field (?:format|value out of range): "(.*?)"/s, cast("time")],
  [/^Could not convert string "(.*?)" to INTERVAL/s, cast("interval")],
  [
    /^(Overflow) in (\w+) of (\w+)(?: \((.*)\))?/,
    (_, operation, type = "", values = "") =>
      `${typeName(type)} ${operation} overflow${values === "" ? "" : `: ${values}`}`,
  ],
  [
    /^Type (\w+) with value (.+?) can't be cast because .* destination type (\w+)/,
    (_, value, type = "") => `Out of range for ${typeName(type)}: ${value}`,
  ],
  [/^Could not cast value (.+?) to (\w+)/, (value, type = "") => `Out of range for ${typeName(type)}: ${value}`],
  [
    /^table "(.*?)" has (\d+) columns available but (\d+) columns specified/,
    (table, has, given) => `Column alias list has ${given} entries but '${table}' has ${has} columns available`,
  ],
  [
    /^Set operations can only apply to expressions with the same number of result columns/,
    () => "The queries of a set operation have different numbers of columns",
  ],
  [/^More than one row returned by a subquery/, () => "Scalar sub-query has returned multiple rows"],
  [
    /^Subquery returns (\d+) columns - expected 1/,
    (count) => `Multiple columns returned by subquery are not yet supported. Found ${count}`,
  ],
  [
    /^No extract specifier|^extract specifier "(.*?)" not recognized/,
    (field = "") => `'${field.toLowerCase()}' is not a valid field`,
  ],
  [/^ORDER(?: BY)? term out of range/, () => "ORDER BY position is not in the select list"],
  [/^TRY can not be used in combination with (?:an? )?(.+)/, (what) => `try() does not take ${what} on the laptop`],
  [/^LIMIT\/OFFSET cannot be negative/, () => "LIMIT and OFFSET cannot be negative"],
  [/^APPROXIMATE QUANTILE can only take/, () => "Percentile must be between 0 and 1"],
  [/^VALUES lists must all be the same length/, () => "The rows of VALUES have different numbers of columns"],
  [/^GROUP BY term out of range/, () => "GROUP BY position is not in the select list"],
  [/^Column "(.*?)" does not exist on/, unknownColumn],
  [/^Invalid UTF8 Codepoint (.+)/, (code) => `Not a valid Unicode code point: ${code}`],
  [/^Mismatch Function: Strings must be of equal length/, () => "The input strings must have the same length"],
  [/^Invalid escape string/, () => "Escape string must be a single character"],
  [
    /^(?:missing [()\]]|no argument for|invalid (?:character class|escape|perl|repetition|named|UTF)|bad repetition|unexpected [)])/,
    () => "The regular expression is not valid",
  ],
  [/^Overflow on abs/, () => "bigint overflow"],
  [/^Max expression depth limit/, () => "The query is nested too deeply"],
];

/** What a kind of DuckDB's errors comes to, where its message has no counterpart. */
const KINDS: Readonly<Record<string, string>> = {
  Syntax: "A pattern or a format is not valid",
  Parser: "The query cannot be read: its syntax is not that of Timestream SQL",
  Binder: "The query cannot be run: its names or types do not fit together",
  Catalog: "The query names something that does not exist",
  Conversion: "A value cannot be converted to the type that is asked for",
  "Out of Range": "A value is out of range",
  "Invalid Input": "A function cannot work with the values that it is given",
  "Not implemented": "The query needs something that does not run on the laptop",
};

/** DuckDB's error as the service would answer it: a ValidationException, unless it is not the query's fault. */
export function complaint(error: unknown): ServiceFailure {
  if (error instanceof ServiceFailure) return error;
  const text = (error instanceof Error ? error.message : String(error)).replace(
    /^(?:Invalid Input Error: )?Attempting to (?:fetch from|execute) an unsuccessful [^\n]*\nError: /,
    "",
  );
  const kind = /^([A-Za-z ]+) Error: /.exec(text)?.[1] ?? "";
  if (kind === "INTERRUPT")
    return new ServiceFailure("QueryExecutionException", "The query was cancelled or timed out.");
  if (kind === "Out of Memory") {
    return new ServiceFailure("QueryExecutionException", "The query needs more memory than the local emulator has.");
  }
  const message = text.slice(kind.length + " Error: ".length);
  const own = message.indexOf(OWN_ERROR);
  if (own >= 0) return new ServiceFailure("ValidationException", message.slice(own + OWN_ERROR.length).trim());
  if (!Object.hasOwn(KINDS, kind) && known(message) === undefined) {
    return new ServiceFailure("InternalServerException", "The query engine failed.", { cause: error });
  }
  const words = known(message) ?? KINDS[kind] ?? "";
  return new ServiceFailure("ValidationException", words, { cause: error });
}

/** The message in Trino's words, without DuckDB's hints, its copy of the query, and our own names in it. */
function known(message: string): string | undefined {
  const [head = ""] = message.split(
    /\n\n?(?:LINE \d+:|Candidate|Did you mean|\tCandidate|Either add|Possible solutions)/,
  );
  const text = head.trim().replaceAll(/"?db:([\w.-]+)"?\./g, "$1.");
  for (const [pattern, words] of KNOWN) {
    const found = pattern.exec(text);
    if (found) return words(...found.slice(1));
  }
  return undefined;
}

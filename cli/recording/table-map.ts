import { UsageError } from "../usage-error.ts";
import type { DecimalSign } from "./amount.ts";
import { delimiterOf } from "./delimiter.ts";
import { encodingOf } from "./encoding.ts";
import { timeFormats, timeReader } from "./time-format.ts";
import { zoneOf } from "./zoned-time.ts";

/** Which columns of a table are what of an event, as `--map` and flags say it. What is left out is guessed or not there. */
export interface TableMap {
  /** The column of the time. */
  readonly time?: string;
  readonly timeFormat?: string;
  /** Of times that do not say theirs; UTC where it is left out. */
  readonly zone?: string;
  /** The column of the event's name, or the name that all rows have. */
  readonly event?: string;
  readonly eventName?: string;
  /** The column of the person, who becomes the `userId`. */
  readonly person?: string;
  /** The column of an amount, which becomes `properties.revenue`. */
  readonly revenue?: string;
  /** Other columns whose values are numbers. */
  readonly numbers?: readonly string[];
  /** Names of events by what the column says. */
  readonly events?: Readonly<Record<string, string>>;
  /** Names of properties by column; null leaves the column out. The others keep the column's name. */
  readonly properties?: Readonly<Record<string, string | null>>;
  readonly decimal?: DecimalSign;
}

/** How the bytes of a file are a table. */
export interface TableForm {
  readonly delimiter?: string;
  readonly encoding?: string;
}

/** The settings that are a text each, by their flags. */
const texts = {
  time: "time",
  timeFormat: "time-format",
  zone: "zone",
  event: "event",
  eventName: "event-name",
  person: "person",
  revenue: "revenue",
  decimal: "decimal",
  delimiter: "delimiter",
  encoding: "encoding",
} as const;

/** The same as options of a command. */
export const mapOptions = {
  map: { type: "string" },
  time: { type: "string" },
  "time-format": { type: "string" },
  zone: { type: "string" },
  event: { type: "string" },
  "event-name": { type: "string" },
  person: { type: "string" },
  revenue: { type: "string" },
  number: { type: "string", multiple: true },
  decimal: { type: "string" },
  delimiter: { type: "string" },
  encoding: { type: "string" },
} as const;

type Given = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Given =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/**
 * The map that a file's JSON and the flags say together; a flag goes before the file. Without a column of the time there is
 * none, and the form alone counts. Throws UsageError for what is unknown or is no such setting.
 */
export function readTableMap(json: unknown, flags: Given): { map: TableMap | undefined; form: TableForm } {
  if (!isObject(json)) throw new UsageError("Expected --map to be a file of one JSON object, got something else");
  const known = [...Object.keys(texts), "numbers", "events", "properties"];
  for (const key of Object.keys(json)) {
    if (!known.includes(key)) throw new UsageError(`Expected the keys ${known.join(", ")} in --map, got ${key}`);
  }
  const given: Record<string, string> = {};
  for (const [key, flag] of Object.entries(texts)) {
    const value = flags[flag] ?? json[key];
    if (value === undefined) continue;
    if (!isText(value)) throw new UsageError(`Expected ${key} to be a text, got ${JSON.stringify(value)}`);
    given[key] = value;
  }
  const { delimiter, encoding, ...columns } = given;
  const map = { ...columns, ...listsOf(json, flags) } as TableMap;
  const form = {
    ...(delimiter === undefined
      ? {}
      : { delimiter: checked("delimiter", delimiter, delimiterOf, "one character or tab") }),
    ...(encoding === undefined
      ? {}
      : { encoding: checked("encoding", encoding, encodingOf, "such as utf-8 or latin1") }),
  };
  const isMap = Object.keys(map).length > 0;
  if (isMap) checkMap(map);
  return { map: isMap ? map : undefined, form };
}

function checked(name: string, text: string, read: (text: string) => string | undefined, expected: string): string {
  const value = read(text);
  if (value === undefined) throw new UsageError(`Expected ${name} to be ${expected}, got ${JSON.stringify(text)}`);
  return value;
}

function listsOf(json: Given, flags: Given): Pick<TableMap, "numbers" | "events" | "properties"> {
  const numbers = flags.number ?? json.numbers;
  const { events, properties } = json;
  if (numbers !== undefined && !(Array.isArray(numbers) && numbers.every(isText)))
    throw new UsageError(`Expected numbers to be a list of columns, got ${JSON.stringify(numbers)}`);
  if (events !== undefined && !(isObject(events) && Object.values(events).every(isText)))
    throw new UsageError("Expected events to be names of events by what the column says, got something else");
  const isName = (name: unknown): boolean => name === null || isText(name);
  if (properties !== undefined && !(isObject(properties) && Object.values(properties).every(isName)))
    throw new UsageError(
      "Expected properties to be names by column, or null to leave a column out, got something else",
    );
  return {
    ...(numbers === undefined ? {} : { numbers }),
    ...(events === undefined ? {} : { events: events as Record<string, string> }),
    ...(properties === undefined ? {} : { properties: properties as Record<string, string | null> }),
  };
}

function checkMap({ time, timeFormat, zone, event, eventName, decimal }: TableMap): void {
  if (time === undefined) throw new UsageError("Expected --time or time in --map: the column of the time");
  if ((event === undefined) === (eventName === undefined))
    throw new UsageError(
      "Expected either --event, the column of the event's name, or --event-name, one name for all rows",
    );
  if (decimal !== undefined && decimal !== "." && decimal !== ",")
    throw new UsageError(`Expected decimal to be "." or ",", got ${JSON.stringify(decimal)}`);
  const fromLocal = zoneOf(zone ?? "UTC");
  if (fromLocal === undefined)
    throw new UsageError(`Expected zone to be a name such as Europe/Berlin or +01:00, got ${JSON.stringify(zone)}`);
  if (timeFormat !== undefined && timeReader(timeFormat, fromLocal) === undefined)
    throw new UsageError(`Expected the time's format to be ${timeFormats}, got ${JSON.stringify(timeFormat)}`);
}

import { amountOf, type DecimalSign, guessedDecimal } from "./amount.ts";
import type { RowMapping } from "./mapping.ts";
import type { Mapped } from "./recorded-event.ts";
import { rowId } from "./row-id.ts";
import type { TableMap } from "./table-map.ts";
import { guessedFormat, type TimeReader, timeFormats, timeReader } from "./time-format.ts";
import { type FromLocal, zoneOf } from "./zoned-time.ts";

/** The beginning of the message ids, and what a recording says it was read by. */
export const mapName = "map";

/** The beginning of a table. */
export interface TableSample {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: string;
}

/** A map made ready for a table, and what of it was guessed. */
export interface BoundMap {
  readonly mapRow: RowMapping;
  readonly guesses: readonly string[];
}

type Row = readonly string[];

/** Binds a map to a table by its first rows. A text says what does not fit. */
export function boundMap(map: TableMap, { header, rows, delimiter }: TableSample): BoundMap | string {
  const columns = header.map((name) => name.trim());
  const named = [
    map.time,
    map.event,
    map.person,
    map.revenue,
    ...(map.numbers ?? []),
    ...Object.keys(map.properties ?? {}),
  ];
  const lacking = named.filter((name) => name !== undefined && !columns.includes(name));
  if (lacking.length > 0) return `expected a column ${lacking.map((name) => JSON.stringify(name)).join(", ")}`;
  const at = (name: string | undefined): number => (name === undefined ? -1 : columns.indexOf(name));
  const time = at(map.time);
  const fromLocal = zoneOf(map.zone ?? "UTC") ?? ((ms) => ms);
  const format = formatOf(
    map,
    rows.map((row) => row[time]?.trim() ?? "").filter((text) => text !== ""),
    fromLocal,
  );
  if ("problem" in format) return format.problem;
  const numbers = new Set([at(map.revenue), ...(map.numbers ?? []).map(at)].filter((index) => index !== -1));
  const amounts = rows.flatMap((row) => [...numbers].map((index) => row[index] ?? ""));
  const decimal = map.decimal ?? guessedDecimal(amounts, delimiter);
  const guesses = [
    ...(map.timeFormat === undefined ? [`time ${format.name}`] : []),
    ...(map.decimal === undefined && numbers.size > 0 ? [`decimal ${JSON.stringify(decimal)}`] : []),
  ];
  const places = { time, event: at(map.event), person: at(map.person), revenue: at(map.revenue), numbers };
  return { mapRow: rowMapping(map, columns, places, format.read, decimal), guesses };
}

type Format = { readonly name: string; readonly read: TimeReader } | { readonly problem: string };

function formatOf({ time, timeFormat }: TableMap, texts: readonly string[], fromLocal: FromLocal): Format {
  const found = timeFormat ?? guessedFormat(texts, fromLocal);
  if (found === undefined)
    return {
      problem: `${time}: expected a time, got ${JSON.stringify(texts[0] ?? "")}. Say --time-format: ${timeFormats}`,
    };
  if (typeof found !== "string")
    return { problem: `${time}: the rows do not tell ${found.join(" from ")}. Say --time-format` };
  return { name: found, read: timeReader(found, fromLocal) ?? (() => Number.NaN) };
}

interface Places {
  readonly time: number;
  readonly event: number;
  readonly person: number;
  readonly revenue: number;
  readonly numbers: ReadonlySet<number>;
}

/** The columns that become properties, and their names. */
function propertiesOf(
  { properties = {} }: TableMap,
  columns: Row,
  { time, event, person, revenue }: Places,
): [number, string][] {
  return columns.flatMap((column, index): [number, string][] => {
    if (index === revenue) return [[index, "revenue"]];
    const name = Object.hasOwn(properties, column) ? properties[column] : undefined;
    if (name === null || [time, event, person].includes(index)) return [];
    return [[index, name ?? (column === "" ? `column_${index + 1}` : column)]];
  });
}

function rowMapping(map: TableMap, columns: Row, places: Places, timeOf: TimeReader, decimal: DecimalSign): RowMapping {
  const properties = propertiesOf(map, columns, places);
  const expected = (index: number, what: string, text: string): string =>
    `${columns[index]}: expected ${what}, got ${text === "" ? "nothing" : JSON.stringify(text.slice(0, 60))}`;
  return (row, line): Mapped => {
    const cell = (index: number): string => row[index]?.trim() ?? "";
    const timeMs = timeOf(cell(places.time));
    if (Number.isNaN(timeMs)) return expected(places.time, "a time", cell(places.time));
    const said = places.event === -1 ? (map.eventName ?? "") : cell(places.event);
    if (said === "") return expected(places.event, "the name of an event", said);
    const values: [string, string | number][] = [];
    for (const [index, name] of properties) {
      const text = cell(index);
      if (text === "") continue;
      const value = places.numbers.has(index) ? amountOf(text, decimal) : text;
      if (Number.isNaN(value))
        return expected(index, `a number with the decimal sign ${JSON.stringify(decimal)}`, text);
      values.push([name, value]);
    }
    const event = map.events !== undefined && Object.hasOwn(map.events, said) ? (map.events[said] ?? said) : said;
    const person = cell(places.person);
    const message = {
      type: "track",
      event,
      messageId: rowId(mapName, line, row),
      ...(person === "" ? {} : { userId: person }),
      timestamp: "",
      properties: Object.fromEntries(values),
    };
    return { timeMs, message };
  };
}

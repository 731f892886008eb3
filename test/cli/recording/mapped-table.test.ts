import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { amountOf, guessedDecimal } from "../../../cli/recording/amount.ts";
import { guessedDelimiter } from "../../../cli/recording/delimiter.ts";
import { openRecording } from "../../../cli/recording/recording.ts";
import { readTableMap, type TableMap } from "../../../cli/recording/table-map.ts";
import { guessedFormat, timeReader } from "../../../cli/recording/time-format.ts";
import { zoneOf } from "../../../cli/recording/zoned-time.ts";
import { RecordingFolder, read, retailHeader } from "./recording-file.ts";

let folder: RecordingFolder;
beforeAll(async () => {
  folder = await RecordingFolder.make();
});
afterAll(() => folder.remove());

const iso = (ms: number | undefined): string =>
  ms === undefined || Number.isNaN(ms) ? "none" : new Date(ms).toISOString();
const map: TableMap = { time: "at", eventName: "Sold", revenue: "sum" };

describe("an amount", () => {
  it.each<[text: string, point: number, comma: number]>([
    ["12.5", 12.5, Number.NaN],
    ["12,5", Number.NaN, 12.5],
    ["1,234.50", 1_234.5, Number.NaN],
    ["1.234,50", Number.NaN, 1_234.5],
    ["1.234.567,8", Number.NaN, 1_234_567.8],
    ["1,234", 1_234, 1.234],
    ["1.234", 1.234, 1_234],
    ["12", 12, 12],
    [".5", 0.5, Number.NaN],
    [",5", Number.NaN, 0.5],
    ["1 234,50 €", Number.NaN, 1_234.5],
    ["1\u202f234,50\u00a0€", Number.NaN, 1_234.5],
    ["$1'234.50", 1_234.5, Number.NaN],
    ["-3.5", -3.5, Number.NaN],
    ["\u22123.5", -3.5, Number.NaN],
    ["3.5-", -3.5, Number.NaN],
    ["(3.50)", -3.5, Number.NaN],
    ["+3", 3, 3],
    ["", Number.NaN, Number.NaN],
    ["-", Number.NaN, Number.NaN],
    ["12 EUR", Number.NaN, Number.NaN],
    ["1,23,4", Number.NaN, Number.NaN],
    ["1e3", Number.NaN, Number.NaN],
    ["NaN", Number.NaN, Number.NaN],
  ])("%j is %d with a point and %d with a comma", (text, point, comma) => {
    expect([amountOf(text, "."), amountOf(text, ",")]).toEqual([point, comma]);
  });

  it.each<[amounts: string[], delimiter: string, sign: string]>([
    [["1,50", "2"], ",", ","],
    [["1.50", "2"], ";", "."],
    [["1,234", "1.234,50"], ",", ","],
    [["1,234", "2"], ",", "."],
    [["1,234", "2"], ";", ","],
    [[], ";", ","],
  ])("in %j, with columns parted by %j, has the decimal sign %j", (amounts, delimiter, sign) => {
    expect(guessedDecimal(amounts, delimiter)).toBe(sign);
  });
});

describe("a delimiter", () => {
  it.each<[text: string, delimiter: string]>([
    ["a,b,c\n1,2,3\n", ","],
    ["a;b;c\n1,5;2;3\n", ";"],
    ["a;b\n1,50;2,50\n", ";"],
    ["a\tb\n1,2\t3\n", "\t"],
    ["a|b|c\r\n1|2|3\r\n", "|"],
    ['"a;b",c\n"1;2;3",4\n', ","],
    ["a,b;c\n1;2\n3;4\n", ";"],
    ["a\r1\r", ","],
    ["", ","],
  ])("of %j is %j", (text, delimiter) => expect(guessedDelimiter(text)).toBe(delimiter));
});

describe("a time of a format", () => {
  const utc = (ms: number): number => ms;
  it.each<[format: string, text: string, time: string]>([
    ["DD.MM.YYYY HH:mm", "31.01.2026 09:30", "2026-01-31T09:30:00.000Z"],
    ["D.M.YY", "1.2.26", "2026-02-01T00:00:00.000Z"],
    ["M/D/YYYY h:mm A", "1/31/2026 9:30 pm", "2026-01-31T21:30:00.000Z"],
    ["M/D/YYYY h:mm A", "1/31/2026 12:05 AM", "2026-01-31T00:05:00.000Z"],
    ["M/D/YYYY h:mm A", "1/31/2026 13:05 AM", "none"],
    ["DD/MMM/YYYY:HH:mm:ss Z", "31/Jan/2026:09:30:00 +0100", "2026-01-31T08:30:00.000Z"],
    ["YYYYMMDDHHmmss", "20260131093000", "2026-01-31T09:30:00.000Z"],
    ["YYYY-MM-DD HH.mm.ss.SSS", "2026-01-31 09.30.00.250", "2026-01-31T09:30:00.250Z"],
    ["DD.MM.YYYY", "31.02.2026", "none"],
    ["DD.MM.YYYY", "31.01.2026 09:30", "none"],
    ["iso", "2026-01-31T09:30:00+01:00", "2026-01-31T08:30:00.000Z"],
    ["iso", "2026-01-31 09:30:00 UTC", "2026-01-31T09:30:00.000Z"],
    ["epoch", "1769851800", "2026-01-31T09:30:00.000Z"],
    ["epoch", "1769851800250", "2026-01-31T09:30:00.250Z"],
    ["epoch", "2026-01-31", "none"],
  ])("%s reads %s as %s", (format, text, time) => expect(iso(timeReader(format, utc)?.(text))).toBe(time));

  it.each(["", "later", "HH:mm", "YYYY", "DD.MM", "YYYY-MM-DD YYYY"])("%j is none", (format) => {
    expect(timeReader(format, utc)).toBeUndefined();
  });

  it.each<[texts: string[], format: string | string[] | undefined]>([
    [["2026-01-31T09:30:00Z"], "iso"],
    [["2026-01-31 09:30", "2026-02-01"], "iso"],
    [["1769851800"], "iso"],
    [["31.01.2026 09:30"], "DD.MM.YYYY HH:mm"],
    [["1.2.2026 9:30"], "D.M.YYYY H:mm"],
    [["1/31/2026 9:30"], "M/D/YYYY H:mm"],
    [["31/1/2026 9:30"], "D/M/YYYY H:mm"],
    [
      ["1/2/2026", "3/4/2026"],
      ["M/D/YYYY", "D/M/YYYY"],
    ],
    [["1/2/2026", "3/14/2026"], "M/D/YYYY"],
    [["1/1/2026"], "M/D/YYYY"],
    [["yesterday"], undefined],
    [[], undefined],
  ])("is guessed from %j: %j", (texts, format) => expect(guessedFormat(texts, utc)).toEqual(format));
});

describe("a zone", () => {
  it.each<[zone: string, local: string, time: string]>([
    ["UTC", "2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"],
    ["+01:00", "2026-01-31T09:30:00Z", "2026-01-31T08:30:00.000Z"],
    ["-0530", "2026-01-31T09:30:00Z", "2026-01-31T15:00:00.000Z"],
    ["Europe/Berlin", "2026-01-31T09:30:00Z", "2026-01-31T08:30:00.000Z"],
    ["Europe/Berlin", "2026-07-31T09:30:00Z", "2026-07-31T07:30:00.000Z"],
    ["Europe/Berlin", "2026-03-29T01:59:00Z", "2026-03-29T00:59:00.000Z"],
    ["Europe/Berlin", "2026-03-29T02:30:00Z", "2026-03-29T01:30:00.000Z"],
    ["Europe/Berlin", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00.000Z"],
    ["Europe/Berlin", "2026-10-25T01:59:00Z", "2026-10-24T23:59:00.000Z"],
    ["Europe/Berlin", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00.000Z"],
    ["Europe/Berlin", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00.000Z"],
    ["America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T05:30:00.000Z"],
    ["Asia/Kathmandu", "2026-01-31T09:30:00Z", "2026-01-31T03:45:00.000Z"],
    ["Australia/Lord_Howe", "2026-01-31T11:00:00Z", "2026-01-31T00:00:00.000Z"],
  ])("%s has %s at %s", (zone, local, time) => expect(iso(zoneOf(zone)?.(Date.parse(local)))).toBe(time));

  it.each(["Bremen", "+1", "GMT+25", ""])("%j is none", (zone) => expect(zoneOf(zone)).toBeUndefined());
});

describe("a map", () => {
  it.each<[title: string, json: unknown, flags: Record<string, unknown>, message: RegExp]>([
    ["is no object", [], {}, /one JSON object/],
    ["has other keys", { times: "a" }, {}, /Expected the keys time, .* got times/],
    ["has a number for a text", { time: 5 }, {}, /Expected time to be a text, got 5/],
    ["has no column of the time", { eventName: "A" }, {}, /Expected --time/],
    ["has no name", { time: "t" }, {}, /Expected either --event/],
    ["has two names", { time: "t", event: "e" }, { "event-name": "A" }, /Expected either --event/],
    ["has an unknown zone", { time: "t", event: "e", zone: "Bremen" }, {}, /Europe\/Berlin/],
    ["has an unknown format", { time: "t", event: "e", timeFormat: "later" }, {}, /YYYY/],
    ["has an unknown encoding", {}, { encoding: "latin" }, /utf-8 or latin1/],
    ["has a delimiter of two", { delimiter: "::" }, {}, /one character or tab/],
    ["has a quote for a delimiter", { delimiter: '"' }, {}, /one character or tab/],
    ["has an unknown decimal sign", { time: "t", event: "e", decimal: "'" }, {}, /"\." or ","/],
    ["has one number", { time: "t", event: "e", numbers: "a" }, {}, /list of columns/],
    ["has events that are no names", { time: "t", event: "e", events: { a: 1 } }, {}, /names of events/],
    ["has properties that are no names", { time: "t", event: "e", properties: { a: 1 } }, {}, /null to leave/],
  ])("is refused where it %s", (_title, json, flags, message) => {
    expect(() => readTableMap(json, flags)).toThrow(message);
  });

  it("is what the file says, and flags before it; a form alone is no map", () => {
    expect(readTableMap({ time: "a", eventName: "A", delimiter: "tab" }, { time: "b", encoding: "latin1" })).toEqual({
      map: { time: "b", eventName: "A" },
      form: { delimiter: "\t", encoding: "windows-1252" },
    });
    expect(readTableMap({}, { encoding: "UTF8" })).toEqual({ map: undefined, form: { encoding: "utf-8" } });
  });

  it("makes events of any table, with the columns that it names and the rest as text", async () => {
    const full: TableMap = {
      ...map,
      person: "who",
      numbers: ["size"],
      properties: { note: null, land: "country" },
    };
    const text =
      'at,who,sum,size,land,note,code,,user.email\n2026-01-31 09:30,ann,"1,250.50",2.5,DE,x,0042,y,a@b\n2026-01-31T10:00:00Z,,,,,,,,\n';
    const [first, second] = await read(await folder.file(text), { map: full });
    expect(iso(first?.timeMs)).toBe("2026-01-31T09:30:00.000Z");
    expect(first?.message).toMatchObject({ type: "track", event: "Sold", userId: "ann" });
    expect(first?.message.messageId).toMatch(/^map-2-[0-9a-f]{10}$/);
    expect(first?.message.properties).toEqual({
      revenue: 1250.5,
      size: 2.5,
      country: "DE",
      code: "0042",
      column_8: "y",
      "user.email": "a@b",
    });
    expect(second?.message).not.toHaveProperty("userId");
    expect(second?.message.properties).toEqual({});
  });

  it("keeps a column that is called as what every object inherits", async () => {
    const [event] = await read(await folder.file("at,__proto__,constructor\n2026-01-31,1,2\n"), {
      map: { time: "at", eventName: "Sold" },
    });
    expect(Object.entries(event?.message.properties as object)).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
    ]);
  });

  it("leaves out rows that are no events, each with the reason", async () => {
    const rows = ["2026-01-31,a,1", "soon,a,1", "2026-01-31,,1", "2026-01-31,a,much"];
    const bad: string[] = [];
    const events = await read(await folder.file(["at,what,sum", ...rows].join("\n")), {
      map: { time: "at", timeFormat: "iso", event: "what", revenue: "sum" },
      onBadRow: ({ line, reason }) => bad.push(`${line} ${reason}`),
    });
    expect(events.length).toBe(1);
    expect(bad).toEqual([
      '3 at: expected a time, got "soon"',
      "4 what: expected the name of an event, got nothing",
      '5 sum: expected a number with the decimal sign ".", got "much"',
    ]);
  });

  it("is bound to what was guessed of the file, which can be asked for", async () => {
    const text = "at;sum;what\n31.01.2026 09:30;1.249,90 €;groß\n";
    for (const [bytes, encoding] of [
      [Buffer.from(text), "utf-8"],
      [Buffer.from(text.replace("€", ""), "latin1"), "windows-1252"],
      [Buffer.from(`\ufeff${text}`, "utf16le"), "utf-16le"],
      [gzipSync(Buffer.from(`\ufeff${text}`)), "utf-8"],
    ] as const) {
      const file = await folder.file(bytes);
      const { reading } = await openRecording(file, { map });
      expect(reading.guesses).toEqual([
        'delimiter ";"',
        `encoding ${encoding}`,
        "time DD.MM.YYYY HH:mm",
        'decimal ","',
      ]);
      const [event] = await read(file, { map });
      expect(event?.message.properties).toEqual({ revenue: 1249.9, what: "groß" });
    }
  });

  it("goes by what is said before what could be guessed", async () => {
    const file = await folder.file("at;sum\n2026-01-31 09:30;1.234\n");
    const said = { map: { ...map, decimal: "." as const, zone: "Europe/Berlin" }, form: { delimiter: ";" } };
    const [event] = await read(file, said);
    expect([iso(event?.timeMs), event?.message.properties]).toEqual(["2026-01-31T08:30:00.000Z", { revenue: 1.234 }]);
    expect((await openRecording(file, said)).reading.guesses).toEqual(["encoding utf-8", "time iso"]);
  });

  it.each<[title: string, text: string, more: object, expected: RegExp]>([
    [
      "a delimiter",
      "at;sum\n2026-01-31;1\n2026-02-01;2\n2026-02-02;3\n2026-02-03;4\n",
      { form: { delimiter: "," } },
      /expected a column "at", "sum"\. Read with --delimiter "," --encoding utf-8, the first rows are:\n {2}"at;sum"\n {2}"2026-01-31;1"\n {2}"2026-02-01;2"\n {2}"2026-02-02;3"$/,
    ],
    [
      "an encoding",
      "at,sum\n2026-01-31,1\n",
      { form: { encoding: "utf-16le" } },
      /a header and no rows.*--encoding utf-16le/,
    ],
    [
      "a format",
      "at,sum\nsoon,1\n",
      {},
      /at: expected a time, got "soon"\. Say --time-format: iso, [\s\S]*\n {2}"soon" {2}"1"$/,
    ],
    ["an order of the day", "at,sum\n1/2/2026,1\n", {}, /do not tell M\/D\/YYYY from D\/M\/YYYY/],
    [
      "a decimal sign",
      'at,sum\n2026-01-31,"1,5"\n',
      { map: { ...map, decimal: "." } },
      /sign "\.", got "1,5"\. Read with/,
    ],
    ["a header alone", "at,sum\n", {}, /a header and no rows/],
    ["lines of JSON", '{"at":"2026-01-31"}\n', {}, /expected a table for a map, got lines of JSON/],
  ])("that does not fit, for %s, is shown with the first rows", async (_title, text, more, expected) => {
    await expect(openRecording(await folder.file(text), { map, ...more })).rejects.toThrow(expected);
  });
});

describe("bytes that are no UTF-8", () => {
  const latin = (text: string): Buffer => Buffer.from(text, "latin1");
  const row = (description: string): string =>
    `565080,20677,${description},8,2011-09-01 08:25:00,1.25,13509.0,United Kingdom`;
  const table = (...descriptions: string[]): string => [retailHeader, ...descriptions.map(row)].join("\n");
  const json = (name: string): string => JSON.stringify({ type: "page", name, timestamp: "2026-01-31T09:30:00Z" });

  it.each<[title: string, bytes: () => Buffer, line: number]>([
    ["the second row of a table", () => latin(table("a", "caf\u00e9", "b")), 3],
    ["the last row of a table", () => latin(table("a", "b", "caf\u00e9")), 4],
    ["the header of a table", () => latin(`${retailHeader},Gr\u00f6\u00dfe\n${row("a")},1`), 1],
    ["a row with Windows' ends", () => latin(table("a", "caf\u00e9").replaceAll("\n", "\r\n")), 3],
    ["a row with old ends", () => latin(table("a", "caf\u00e9").replaceAll("\n", "\r")), 3],
    ["a row far behind", () => latin(table(...Array<string>(20_000).fill("a"), "caf\u00e9")), 20_002],
    ["a row after one of UTF-8", () => Buffer.concat([Buffer.from(`${table("Größe")}\n`), latin(row("\u00e9"))]), 3],
    ["half a character at the end", () => Buffer.from(`${table("a")}\n565080,ö`).subarray(0, -1), 3],
    ["half a pair", () => Buffer.concat([Buffer.from(`${table("a")}\n`), Buffer.from([0xed, 0xa0, 0x80])]), 3],
    ["a line of JSON", () => latin([json("a"), json("caf\u00e9")].join("\n")), 2],
  ])("in %s end the reading with its line, and say what to say", async (_title, bytes, line) => {
    for (const gzip of [false, true]) {
      const file = await folder.file(bytes(), { gzip });
      await expect(read(file)).rejects.toThrow(
        `line ${line}: expected UTF-8, got other bytes. Say in which encoding the file is, such as --encoding latin1`,
      );
    }
  });

  it("are characters of the encoding that is said", async () => {
    const form = { encoding: "windows-1252" };
    const [event] = await read(await folder.file(latin(table("caf\u00e9"))), { form });
    expect(event?.message.properties).toMatchObject({ name: "café" });
    const [page] = await read(await folder.file(latin(json("caf\u00e9"))), { form });
    expect(page?.message.name).toBe("café");
  });
});

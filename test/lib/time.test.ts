import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationMs, isTimeGiven, parseTimestamp, timestampMs } from "../../lib/time.ts";
import { anyUnit } from "./any-text.ts";

const firstMs = Date.parse("0000-01-01T00:00:00.000Z");
const lastMs = Date.parse("9999-12-31T23:59:59.999Z");
const dayMs = 86_400_000;
/** Any millisecond of the years 0 to 9999, and often one around a leap day or a turn of the year. */
const anyMs = fc.oneof(
  fc.integer({ min: firstMs, max: lastMs }),
  fc
    .tuple(fc.integer({ min: 0, max: 9_999 }), fc.constantFrom("02-28", "12-31"), fc.nat(2 * dayMs))
    .map(([year, day, ms]) => Date.parse(`${String(year).padStart(4, "0")}-${day}T00:00:00.000Z`) + ms)
    .filter((ms) => ms <= lastMs),
);
const isoOf = (ms: number): string => new Date(ms).toISOString();

describe("a timestamp", () => {
  it("is read as Date reads it, in the form that Date writes", () => {
    fc.assert(
      fc.property(anyMs, (ms) => void expect(parseTimestamp(isoOf(ms))).toBe(ms)),
      { numRuns: 2_000 },
    );
  });

  it("is the same moment at every offset, with or without a colon", () => {
    const offsets = fc.record({
      hours: fc.nat(23),
      minutes: fc.nat(59),
      sign: fc.constantFrom(1, -1),
      colon: fc.boolean(),
    });
    fc.assert(
      fc.property(anyMs, offsets, (ms, { hours, minutes, sign, colon }) => {
        const offsetMs = sign * (hours * 60 + minutes) * 60_000;
        fc.pre(ms + offsetMs >= firstMs && ms + offsetMs <= lastMs);
        const two = (number: number): string => String(number).padStart(2, "0");
        const local = isoOf(ms + offsetMs).slice(0, -1);
        const zone = `${sign === 1 ? "+" : "-"}${two(hours)}`;
        expect(parseTimestamp(`${local}${zone}${colon ? ":" : ""}${two(minutes)}`)).toBe(ms);
        expect(Date.parse(`${local}${zone}:${two(minutes)}`)).toBe(ms);
      }),
    );
  });

  it("has as many digits of a second as it likes, and what is past the millisecond is cut off", () => {
    fc.assert(
      fc.property(anyMs, fc.stringMatching(/^\d{0,9}$/), (ms, digits) => {
        const second = isoOf(ms).slice(0, 19);
        const fraction = Number(digits.slice(0, 3).padEnd(3, "0"));
        expect(parseTimestamp(`${second}${digits === "" ? "" : `.${digits}`}Z`)).toBe(
          Date.parse(`${second}Z`) + fraction,
        );
      }),
    );
  });

  it.each([
    ["0001-01-01T00:00:00.000Z", -62_135_596_800_000],
    ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
    ["0000-02-29T00:00:00.000Z", Date.parse("0000-02-29T00:00:00.000Z")],
    ["2000-02-29T12:00:00Z", Date.UTC(2000, 1, 29, 12)],
    ["9999-12-31T23:59:59.999-23:59", 253_402_300_799_999 + (23 * 60 + 59) * 60_000],
    ["2016-12-31T23:59:60Z", Date.UTC(2016, 11, 31, 23, 59, 59)],
  ])("%s is %d", (text, ms) => {
    expect(parseTimestamp(text)).toBe(ms);
  });

  it("without a zone is UTC, on any machine", () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        const text = isoOf(ms);
        for (const [length, unitMs] of [
          [23, 1],
          [19, 1_000],
          [16, 60_000],
          [13, 3_600_000],
          [10, dayMs],
        ] as const) {
          expect(parseTimestamp(text.slice(0, length))).toBe(Math.floor(ms / unitMs) * unitMs);
        }
      }),
    );
  });

  const at = (text: string): number => Date.parse(text);
  it.each<[form: string, text: string, ms: number]>([
    ["as Date writes it", "2026-01-31T09:30:00.250Z", at("2026-01-31T09:30:00.250Z")],
    ["without a fraction", "2026-01-31T09:30:00Z", at("2026-01-31T09:30:00Z")],
    ["without seconds", "2026-01-31T21:09Z", at("2026-01-31T21:09:00Z")],
    ["with hours alone", "2026-01-31T21Z", at("2026-01-31T21:00:00Z")],
    ["an offset of hours", "2026-01-31T09:30:00+01", at("2026-01-31T08:30:00Z")],
    ["an offset of zero hours", "2026-01-31T09:30:00+00", at("2026-01-31T09:30:00Z")],
    ["an offset without a colon", "2026-01-31T09:30:00+0000", at("2026-01-31T09:30:00Z")],
    ["an offset with a colon", "2026-01-31T09:30:00-05:30", at("2026-01-31T15:00:00Z")],
    ["the unknown offset of RFC 3339", "2026-01-31T09:30:00-00:00", at("2026-01-31T09:30:00Z")],
    ["a true minus sign", "2026-01-31T09:30:00\u221201:00", at("2026-01-31T10:30:00Z")],
    ["an offset, without seconds", "2026-01-31T09:30+01:00", at("2026-01-31T08:30:00Z")],
    ["a comma before the fraction", "2026-01-31T10:30:00,25+0100", at("2026-01-31T09:30:00.250Z")],
    ["microseconds, as Python writes them", "2026-01-31T09:30:00.250999", at("2026-01-31T09:30:00.250Z")],
    ["100 ns, as C# writes them", "2026-01-31T09:30:00.2509999Z", at("2026-01-31T09:30:00.250Z")],
    ["nanoseconds, as Go writes them", "2026-01-31T09:30:00.250999999+01:00", at("2026-01-31T08:30:00.250Z")],
    ["a fraction of a minute", "2026-01-31T09:30.5Z", at("2026-01-31T09:30:30Z")],
    ["a fraction of an hour", "2026-01-31T09,25Z", at("2026-01-31T09:15:00Z")],
    ["no zone", "2026-01-31T09:30:00.250", at("2026-01-31T09:30:00.250Z")],
    ["no zone and no seconds", "2026-01-31T09:30", at("2026-01-31T09:30:00Z")],
    ["a space for the T", "2026-01-31 09:30:00.250Z", at("2026-01-31T09:30:00.250Z")],
    ["as SQL writes it", "2026-01-31 09:30:00", at("2026-01-31T09:30:00Z")],
    ["small letters", "2026-01-31t09:30:00.250z", at("2026-01-31T09:30:00.250Z")],
    ["a date alone", "2026-01-31", at("2026-01-31T00:00:00Z")],
    ["the basic form", "20260131T093000Z", at("2026-01-31T09:30:00Z")],
    ["the basic form with all there is", "20260131T093000.250+0100", at("2026-01-31T08:30:00.250Z")],
    ["the basic form of a date", "20260131", at("2026-01-31T00:00:00Z")],
    ["the end of a day", "2026-01-31T24:00:00Z", at("2026-02-01T00:00:00Z")],
    ["a leap second", "2016-12-31T23:59:60Z", at("2016-12-31T23:59:59Z")],
    ["epoch seconds", "1769851800", at("2026-01-31T09:30:00Z")],
    ["epoch seconds with a fraction", "1769851800.25", at("2026-01-31T09:30:00.250Z")],
    ["epoch milliseconds", "1769851800250", at("2026-01-31T09:30:00.250Z")],
  ])("may have %s: %s", (_form, text, ms) => expect(parseTimestamp(text)).toBe(ms));

  it.each<[why: string, text: string]>([
    ["no such day", "1900-02-29T00:00:00.000Z"],
    ["no such day", "2023-02-29T00:00:00.000Z"],
    ["no such day", "2024-02-30T00:00:00.000Z"],
    ["no such day", "2024-04-31T00:00:00Z"],
    ["no such day", "20240431T000000Z"],
    ["no such day", "2024-01-00"],
    ["no such month", "2024-00-10T00:00:00.000Z"],
    ["no such month", "2024-13-10T00:00:00.000Z"],
    ["after the end of the day", "2024-01-01T24:00:00.001Z"],
    ["after the end of the day", "2024-01-01T24:01Z"],
    ["no such hour", "2024-01-01T25:00:00Z"],
    ["no such minute", "2024-01-01T00:60:00.000Z"],
    ["no such second", "2024-01-01T00:00:61.000Z"],
    ["no such offset", "2024-01-01T00:00:00.000+24:00"],
    ["no such offset", "2024-01-01T00:00:00.000+01:60"],
    ["half an offset", "2024-01-01T00:00:00.000+1"],
    ["half a fraction", "2024-01-01T00:00:00.Z"],
    ["half a time", "2024-01-01T"],
    ["half a time", "2024-01-01T0:00:00Z"],
    ["a zone without a time", "2024-01-01Z"],
    ["both forms", "2024-01-01T093000Z"],
    ["both forms", "20240101T09:30:00Z"],
    ["both forms", "2024-0101T09:30:00Z"],
    ["a year alone, which is no moment", "2024"],
    ["a month alone, which is no moment", "2024-01"],
    ["a week date", "2024-W05-3T09:30:00Z"],
    ["an ordinal date", "2024-031T09:30:00Z"],
    ["a year of six digits", "+002024-01-01T00:00:00.000Z"],
    ["a year of six digits", "-000001-01-01T00:00:00.000Z"],
    ["digits of another script", "２０２４-01-01T00:00:00.000Z"],
    ["a line's end", "2024-01-01T00:00:00.000Z\n"],
    ["a space before", " 2024-01-01T00:00:00.000Z"],
    ["a space before the zone", "2024-01-01 00:00:00 +0000"],
    ["the name of a zone", "2024-01-01T00:00:00 Europe/Berlin"],
    ["the order of another country", "01/31/2024"],
    ["the form of mail", "Wed, 31 Jan 2024 09:30:00 GMT"],
    ["epoch microseconds", "1769851800250000"],
    ["epoch nanoseconds", "1769851800250000000"],
    ["digits run together", "20260131093000"],
    ["an exponent", "1.7698518e9"],
    ["a sign", "-1769851800"],
    ["too many digits", `2024-01-01T00:00:00.${"0".repeat(30)}Z`],
    ["nothing", ""],
  ])("may not have %s: %j", (_why, text) => expect(parseTimestamp(text)).toBeNaN());

  it.each<[what: string, value: unknown, ms: number]>([
    ["epoch seconds", 1_769_851_800, at("2026-01-31T09:30:00Z")],
    ["epoch seconds with a fraction", 1_769_851_800.29, at("2026-01-31T09:30:00.290Z")],
    ["epoch milliseconds", 1_769_851_800_250, at("2026-01-31T09:30:00.250Z")],
    ["epoch milliseconds with a fraction", 1_769_851_800_250.9, at("2026-01-31T09:30:00.250Z")],
    ["the first second of ten digits", 1e9, at("2001-09-09T01:46:40Z")],
    ["the last of ten digits", 9_999_999_999, at("2286-11-20T17:46:39Z")],
    ["the first millisecond of 13 digits", 1e12, at("2001-09-09T01:46:40Z")],
    ["a text", "2026-01-31T09:30Z", at("2026-01-31T09:30:00Z")],
    ["zero", 0, Number.NaN],
    ["a date as a number", 20_260_131, Number.NaN],
    ["neither seconds nor milliseconds", 176_985_180_025, Number.NaN],
    ["epoch microseconds", 1_769_851_800_250_000, Number.NaN],
    ["less than nothing", -1_769_851_800, Number.NaN],
    ["no number", Number.NaN, Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY, Number.NaN],
    ["true", true, Number.NaN],
    ["null", null, Number.NaN],
    ["a list", [2026, 1, 31], Number.NaN],
  ])("in an event may be a number, told by its size: %s", (_what, value, ms) => expect(timestampMs(value)).toBe(ms));

  it.each<[value: unknown, given: boolean]>([
    [undefined, false],
    [null, false],
    ["", false],
    ["0001-01-01T00:00:00Z", false],
    ["0001-01-01T00:00:00", false],
    ["0001-01-01T00:00:00.0000000+00:00", false],
    ["0001-01-01T00:00:00.000000+01:00", false],
    ["0001-01-01 00:00:00,0-0800", false],
    ["00010101T000000Z", false],
    ["0001-01-01T00:53:28+00:53", false],
    ["0000-12-31T19:03:58-04:56", false],
    ["0000-12-31T15:00:00-09:00", false],
    [-62_135_596_800, false],
    [-62_135_596_800_000, false],
    ["0001-01-01T00:00:01Z", true],
    ["0001-01-01T01:00:00+02:00", true],
    ["0000-12-31T23:59:59Z", true],
    ["0001-01-02T00:00:00Z", true],
    ["0001-01-01T00:00:00 Europe/Berlin", true],
    ["1970-01-01T00:00:00Z", true],
    ["0001-01-01", false],
    ["2026-01-31T09:30:00Z", true],
    ["yesterday", true],
    [0, true],
    [false, true],
  ])("that was never set is absent: %j is given: %s", (value, given) => expect(isTimeGiven(value)).toBe(given));

  it("is never made of junk: one changed character gives the time that Date reads there, or none", () => {
    const changed = fc.tuple(anyMs, fc.nat(23), fc.string({ unit: anyUnit, minLength: 0, maxLength: 2 }));
    fc.assert(
      fc.property(changed, ([ms, place, text]) => {
        const iso = isoOf(ms);
        const junk = iso.slice(0, place) + text + iso.slice(place + 1);
        const read = parseTimestamp(junk);
        // What Date does not know: a comma, a space, a second 60, hours alone, and no zone as UTC.
        const plain = junk
          .replace(/[t ]/, "T")
          .replace(",", ".")
          .replace(/z$/, "Z")
          .replace(/:60(?=[.,Z])/, ":59")
          .replace(/(?<=T\d\d:\d\d:\d\d(?:[.]\d+)?)$/, "Z");
        if (!Number.isNaN(read)) expect(read).toBe(Date.parse(plain));
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: anyUnit, maxLength: 60 }), (text) => {
        const read = parseTimestamp(text);
        expect(Number.isNaN(read) || /^\d{4}-?\d\d-?\d\d/.test(text)).toBe(true);
      }),
    );
  });

  it("does not depend on what was read before", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyMs.map(isoOf), fc.constant("2023-02-29T00:00:00.000Z")), { maxLength: 20 }),
        (texts) => {
          for (const text of [...texts, ...texts.toReversed()]) {
            const expected = text.startsWith("2023-02-29") ? Number.NaN : Date.parse(text);
            expect(parseTimestamp(text)).toBe(expected);
          }
        },
      ),
    );
  });
});

describe("a duration", () => {
  it("is whole seconds, minutes, hours or days", () => {
    const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
    fc.assert(
      fc.property(fc.nat(999_999_999), fc.constantFrom(...(["s", "m", "h", "d"] as const)), (number, unit) => {
        expect(durationMs(`${number}${unit}`)).toBe(number * unitMs[unit]);
      }),
    );
  });

  it.each(["", "5", "h", "1.5h", "-1h", "+1h", " 1h", "1h ", "1h\n", "1H", "1w", "1h30m", "1e3s", "9999999999s", "١h"])(
    "is not %j",
    (text) => {
      expect(durationMs(text)).toBeUndefined();
    },
  );
});

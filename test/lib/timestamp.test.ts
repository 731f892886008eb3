import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimestamp } from "../../lib/timestamp.ts";
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

  it("may be written with a space, small letters or a comma", () => {
    const ms = Date.parse("2026-01-31T09:30:00.250Z");
    for (const text of ["2026-01-31 09:30:00.250Z", "2026-01-31t09:30:00.250z", "2026-01-31T10:30:00,25+0100"]) {
      expect(parseTimestamp(text)).toBe(ms);
    }
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

  it("needs a zone: a local time would be another minute on another machine", () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        const text = isoOf(ms);
        for (const local of [text.slice(0, -1), text.slice(0, 19), text.slice(0, 16), text.slice(0, 10)]) {
          expect(parseTimestamp(local)).toBeNaN();
        }
      }),
    );
  });

  it.each([
    ["1900-02-29T00:00:00.000Z"],
    ["2023-02-29T00:00:00.000Z"],
    ["2024-02-30T00:00:00.000Z"],
    ["2024-04-31T00:00:00Z"],
    ["2024-00-10T00:00:00.000Z"],
    ["2024-13-10T00:00:00.000Z"],
    ["2024-01-00T00:00:00.000Z"],
    ["2024-01-01T24:00:00.000Z"],
    ["2024-01-01T00:60:00.000Z"],
    ["2024-01-01T00:00:61.000Z"],
    ["2024-01-01T00:00:00.000+24:00"],
    ["2024-01-01T00:00:00.000+01:60"],
    ["2024-01-01T00:00:00.000+1"],
    ["2024-01-01T00:00:00.Z"],
    ["+002024-01-01T00:00:00.000Z"],
    ["-000001-01-01T00:00:00.000Z"],
    ["２０２４-01-01T00:00:00.000Z"],
    ["2024-01-01T00:00:00.000Z\n"],
    [" 2024-01-01T00:00:00.000Z"],
    ["1706693400000"],
    ["Wed, 31 Jan 2024 09:30:00 GMT"],
    [""],
  ])("is not %j", (text) => {
    expect(parseTimestamp(text)).toBeNaN();
  });

  it("is never made of junk: one changed character gives the time that Date reads there, or none", () => {
    const changed = fc.tuple(anyMs, fc.nat(23), fc.string({ unit: anyUnit, minLength: 0, maxLength: 2 }));
    fc.assert(
      fc.property(changed, ([ms, place, text]) => {
        const iso = isoOf(ms);
        const junk = iso.slice(0, place) + text + iso.slice(place + 1);
        const read = parseTimestamp(junk);
        // What Date does not know: a comma, a space, a second 60.
        const plain = junk
          .replace(/[t ]/, "T")
          .replace(",", ".")
          .replace(/z$/, "Z")
          .replace(/:60(?=[.,])/, ":59");
        if (!Number.isNaN(read)) expect(read).toBe(Date.parse(plain));
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: anyUnit, maxLength: 60 }), (text) => {
        const read = parseTimestamp(text);
        expect(Number.isNaN(read) || /\d{4}-\d\d-\d\d/.test(text)).toBe(true);
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

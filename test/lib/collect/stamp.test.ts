import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrivalOf, stamped } from "../../../lib/collect/stamp.ts";

const source = { name: "web", allowedOrigins: ["*"], keepAddress: false };
const receivedMs = Date.UTC(2026, 4, 5, 12);
const stamp = (fields: Record<string, unknown>, shared: Record<string, unknown> = {}) =>
  stamped(fields, { value: fields, shared }, source, arrivalOf({ receivedMs, address: "203.0.113.77" }));

const iso = (ms: number): string => new Date(ms).toISOString();
/** Of the day on which it is received. */
const today = (time: string): number => Date.parse(`2026-05-05T${time}:00.000Z`);
const times = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) });

/** The table of docs/collector.md: a time or "-" in each of the three fields, and the minute by how far ahead the clock is. */
const documentedTimes = readFileSync(join(import.meta.dirname, "../../../docs/collector.md"), "utf8")
  .split("\n")
  .map((line) => /^\| (-|[\d:]+) \| (-|[\d:]+) \| (-|[\d:]+) \| ([\d:]+) \| ([\d:]+) \| ([\d:]+) \|/.exec(line))
  .filter((row) => row !== null)
  .map(([, timestamp = "", originalTimestamp = "", sentAt = "", right = "", fast = "", slow = ""]) => {
    const expected: readonly (readonly [hoursAhead: number, minute: string])[] = [
      [0, right],
      [2, fast],
      [-2, slow],
    ];
    return { timestamp, originalTimestamp, sentAt, expected };
  });

test("each way to give the three times or not has a row in docs/collector.md", () => {
  const given = documentedTimes.map((row) =>
    [row.timestamp, row.originalTimestamp, row.sentAt].map((time) => time !== "-"),
  );
  expect(new Set(given.map(String)).size).toBe(8);
  expect(given).toHaveLength(8);
});

describe("the time of an event", () => {
  test("is as long before its arrival as the sender's clock says, however wrong that is", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 10 * 86_400_000 }), (sentMs, ageMs) => {
        const { timestamp } = stamp({ timestamp: iso(sentMs - ageMs), sentAt: iso(sentMs) });
        expect(timestamp).toBe(iso(receivedMs - ageMs));
      }),
    );
  });

  test("is by the sentAt of the batch where there is one: a message's own may be of an earlier attempt", () => {
    const message = { timestamp: "2026-05-05T10:00:00Z", sentAt: "2026-05-05T10:00:01Z" };
    const { timestamp, sentAt } = stamp(message, { sentAt: "2026-05-05T11:00:00Z" });
    expect([timestamp, sentAt]).toEqual([iso(receivedMs - 3_600_000), "2026-05-05T11:00:00Z"]);
  });

  test.each(documentedTimes)(
    "with timestamp $timestamp, originalTimestamp $originalTimestamp and sentAt $sentAt is as docs/collector.md has it",
    ({ timestamp, originalTimestamp, sentAt, expected }) => {
      for (const [hoursAhead, minute] of expected) {
        const byClock = (time: string) => (time === "-" ? undefined : iso(today(time) + hoursAhead * 3_600_000));
        const message = { timestamp: byClock(timestamp), originalTimestamp: byClock(originalTimestamp) };
        const sent = byClock(sentAt);
        const wanted = { timestamp: iso(today(minute)), receivedAt: iso(receivedMs) };
        expect(stamp({ ...message, sentAt: sent })).toMatchObject(wanted);
        expect(stamp({ ...message, sentAt: iso(0) }, { sentAt: sent })).toMatchObject(wanted);
        const { originalTimestamp: kept } = stamp({ ...message, sentAt: sent });
        expect(kept).toBe(message.originalTimestamp ?? message.timestamp);
      }
    },
  );

  test("of a client that repeats its first sentAt is late by the time between its attempts", () => {
    const firstMs = receivedMs - 36_000;
    const message = { originalTimestamp: iso(firstMs), sentAt: iso(firstMs) };
    expect(stamp(message).timestamp).toBe(iso(receivedMs));
    const ownTime = { ...message, timestamp: iso(firstMs - 3 * 3_600_000) };
    expect(stamp(ownTime).timestamp).toBe(iso(receivedMs - 3 * 3_600_000));
  });

  test("in a beacon is that long before the page was left", () => {
    const leftMs = receivedMs - 40;
    const batch = { sentAt: iso(leftMs) };
    expect(stamp({ originalTimestamp: iso(leftMs - 20_000) }, batch).timestamp).toBe(iso(receivedMs - 20_000));
    expect(stamp({ timestamp: iso(leftMs - 20_000) }, batch).timestamp).toBe(iso(receivedMs - 20_000));
  });

  test("may be epoch time, in seconds or milliseconds", () => {
    const [sentMs, ageMs] = [Date.UTC(2026, 4, 5, 9), 60_000];
    for (const unitMs of [1, 1_000]) {
      for (const form of [Number, String]) {
        const message = { timestamp: form((sentMs - ageMs) / unitMs), sentAt: form(sentMs / unitMs) };
        expect(stamp(message).timestamp).toBe(iso(receivedMs - ageMs));
      }
    }
  });

  test.each([
    undefined,
    null,
    "",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00.0000000Z",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+00:00",
    "0001-01-01T00:00:00.000+01:00",
    "0001-01-01T00:53:28+00:53",
    "0000-12-31T19:03:58-04:56",
    -62_135_596_800,
    -62_135_596_800_000,
  ])("that was never set (%j) is absent, whichever it is of the three", (unset) => {
    const [timestamp, sentAt] = [iso(receivedMs - 60_000), iso(receivedMs + 3_600_000)];
    expect(stamp({ timestamp, sentAt: unset }).timestamp).toBe(timestamp);
    expect(stamp({ timestamp }, { sentAt: unset }).timestamp).toBe(timestamp);
    expect(stamp({ timestamp, sentAt }, { sentAt: unset }).timestamp).toBe(iso(receivedMs - 3_660_000));
    expect(stamp({ timestamp: unset, sentAt }).timestamp).toBe(iso(receivedMs));
    expect(stamp({ timestamp: unset, originalTimestamp: timestamp }).timestamp).toBe(timestamp);
    expect(stamp({ timestamp, originalTimestamp: unset }).originalTimestamp).toBe(timestamp);
  });

  test("is not sent at the first moment of 1970, but may be there", () => {
    const timestamp = iso(receivedMs - 60_000);
    for (const zero of ["1970-01-01T00:00:00Z", "1970-01-01T01:00:00.000+01:00"]) {
      expect(stamp({ timestamp, sentAt: zero }).timestamp).toBe(timestamp);
      expect(stamp({ timestamp: zero }).timestamp).toBe(zero);
    }
    // A clock that was never set begins there, and runs.
    expect(stamp({ timestamp: iso(1_000), sentAt: iso(61_000) }).timestamp).toBe(timestamp);
  });

  test("is the sender's own without a sentAt, and the arrival without any", () => {
    expect(stamp({ timestamp: "2026-05-05T10:00:00+02:00" }).timestamp).toBe("2026-05-05T10:00:00+02:00");
    expect(stamp({}).timestamp).toBe(iso(receivedMs));
    expect(stamp({})).not.toHaveProperty("originalTimestamp");
  });

  test.each([["yesterday"], [5], [-1], [true], [{}], ["2026-13-01T00:00:00Z"]])(
    "that cannot be read (%j) stays as it is",
    (value) => {
      expect(stamp({ timestamp: value, sentAt: iso(0) }).timestamp).toEqual(value);
      expect(stamp({ timestamp: iso(0), sentAt: value }).timestamp).toBe(iso(0));
    },
  );

  test("never fails, whatever was sent", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (timestamp, sentAt, originalTimestamp) => {
        const event = stamp({ timestamp, originalTimestamp }, { sentAt });
        expect(event.receivedAt).toBe(iso(receivedMs));
      }),
    );
  });
});

describe("the address of an event", () => {
  const own = "198.51.100.77";
  const ipOf = (ip: unknown, keepAddress = false): unknown => {
    const fields = { context: { ip, locale: "de" } };
    const arrival = arrivalOf({ receivedMs, address: own });
    const { context } = stamped(fields, { value: fields, shared: {} }, { ...source, keepAddress }, arrival);
    expect(context).toMatchObject({ locale: "de" });
    return (context as Record<string, unknown>).ip;
  };

  test.each<[said: unknown, whole: string | undefined, cut: string | undefined]>([
    ["203.0.113.9", "203.0.113.9", "203.0.113.0"],
    [" 203.0.113.9 ", "203.0.113.9", "203.0.113.0"],
    ["203.0.113.9, 10.0.0.1", "203.0.113.9", "203.0.113.0"],
    ["203.0.113.9,2001:db8::1", "203.0.113.9", "203.0.113.0"],
    ["unknown, 203.0.113.9", "203.0.113.9", "203.0.113.0"],
    [", 203.0.113.9", "203.0.113.9", "203.0.113.0"],
    ["203.0.113.9:51234", "203.0.113.9", "203.0.113.0"],
    ["203.0.113.9:51234, 10.0.0.1:80", "203.0.113.9", "203.0.113.0"],
    ["2001:db8:1:2::5", "2001:db8:1:2::5", "2001:db8:1::"],
    ["[2001:db8:1:2::5]", "2001:db8:1:2::5", "2001:db8:1::"],
    ["[2001:db8:1:2::5]:443", "2001:db8:1:2::5", "2001:db8:1::"],
    ["[2001:db8:1:2::5]:443, 203.0.113.9", "2001:db8:1:2::5", "2001:db8:1::"],
    ["2001:db8:1:2:3:4:5:6:51234", "2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
    ["fe80:1:2:3::5%eth0", "fe80:1:2:3::5", "fe80:1:2::"],
    ["[fe80:1:2:3::5%25eth0]:443", "fe80:1:2:3::5", "fe80:1:2::"],
    ["::ffff:203.0.113.9", "::ffff:203.0.113.9", "203.0.113.0"],
    ["[::ffff:203.0.113.9]:443", "::ffff:203.0.113.9", "203.0.113.0"],
    ["::ffff:cb00:7109", "::ffff:cb00:7109", "203.0.113.0"],
    ["unknown", undefined, undefined],
    ["localhost:8080", undefined, undefined],
    ["203.0.113", undefined, undefined],
    ["203.0.113.999", undefined, undefined],
    ["203.0.113.9:", undefined, undefined],
    ["203.0.113.9%eth0", undefined, undefined],
    ["[203.0.113.9]", undefined, undefined],
    ["[2001:db8::1", undefined, undefined],
    ["2001:db8::1]", undefined, undefined],
    ["{{ ip }}", undefined, undefined],
    [" ", undefined, undefined],
    [3_405_803_785, undefined, undefined],
    [false, undefined, undefined],
    [{ v4: "203.0.113.9" }, undefined, undefined],
    [["203.0.113.9"], undefined, undefined],
    ["0, ".repeat(1_000).concat("203.0.113.9"), undefined, undefined],
    [undefined, own, "198.51.100.0"],
    [null, own, "198.51.100.0"],
    ["", own, "198.51.100.0"],
  ])("that the message says as %j is %s, and cut %s", (said, whole, cut) => {
    expect(ipOf(said, true)).toBe(whole);
    expect(ipOf(said)).toBe(cut);
  });

  test("is not left whole under its flat name", () => {
    const flat = { "context.ip": "192.0.2.9" };
    expect(stamp(flat)).toMatchObject({ context: { ip: "192.0.2.0" } });
    expect(stamp({ ...flat, context: { ip: "198.51.100.9" } })).toMatchObject({ context: { ip: "198.51.100.0" } });
    expect(stamp({ ...flat, context: "none" })).toMatchObject({ context: "none" });
    for (const fields of [flat, { ...flat, context: { ip: "198.51.100.9" } }, { ...flat, context: "none" }]) {
      expect(JSON.stringify(stamp(fields))).not.toContain("192.0.2.9");
    }
  });

  test("is never the sender's where the message says one, and is an address or not there", () => {
    const parts = fc.constantFrom("203.0.113.9", "2001:db8::1", ",", ":", "443", "[", "]", "%", " ", "x", ".");
    fc.assert(
      fc.property(fc.array(parts, { minLength: 1, maxLength: 8 }), (some) => {
        for (const keepAddress of [true, false]) {
          const ip = ipOf(some.join(""), keepAddress);
          expect([ip === undefined || isIP(String(ip)) !== 0, String(ip)]).toEqual([
            true,
            expect.not.stringContaining("198.51.100"),
          ]);
        }
      }),
    );
  });
});

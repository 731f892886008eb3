import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrivalOf, stamped } from "../../../lib/collect/stamp.ts";

const source = { name: "web", allowedOrigins: ["*"], keepAddress: false };
const receivedMs = Date.UTC(2026, 4, 5, 12);
const stamp = (fields: Record<string, unknown>, shared: Record<string, unknown> = {}) =>
  stamped(fields, { value: fields, shared }, source, arrivalOf({ receivedMs, address: "203.0.113.77" }));

const iso = (ms: number): string => new Date(ms).toISOString();
const times = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) });

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

  test("is by originalTimestamp where a client sends that", () => {
    const message = { originalTimestamp: iso(1_000), timestamp: iso(500_000), sentAt: iso(61_000) };
    expect(stamp(message)).toMatchObject({ timestamp: iso(receivedMs - 60_000), originalTimestamp: iso(1_000) });
  });

  test("is the sender's own without a sentAt, and the arrival without any", () => {
    expect(stamp({ timestamp: "2026-05-05T10:00:00+02:00" }).timestamp).toBe("2026-05-05T10:00:00+02:00");
    for (const timestamp of [undefined, null, ""]) expect(stamp({ timestamp }).timestamp).toBe(iso(receivedMs));
    expect(stamp({})).not.toHaveProperty("originalTimestamp");
  });

  test.each([["yesterday"], [5], [{}], ["2026-13-01T00:00:00Z"]])(
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

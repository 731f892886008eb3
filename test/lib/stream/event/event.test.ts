import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isProblem, type Problem } from "../../../../lib/problem.ts";
import { type Event, eventTypes, readEvent } from "../../../../lib/stream/event/event.ts";
import { anyText, anyUnit } from "../../any-text.ts";

const arrivalMs = Date.UTC(2026, 0, 31, 12);
const track = { type: "track", event: "Order Completed", messageId: "m-1", timestamp: "2026-01-31T11:59:00.000Z" };

function read(message: unknown): Event | Problem {
  return readEvent(typeof message === "string" ? message : JSON.stringify(message), arrivalMs);
}

function eventOf(message: unknown): Event {
  const event = read(message);
  if (isProblem(event)) throw new Error(`Expected an event, got ${event.reason}: ${event.detail}`);
  return event;
}

describe("an event", () => {
  it("has its type, name, time and message id, and all its fields", () => {
    const message = { ...track, properties: { revenue: 12.5 }, context: { geo: { country: "DE" } } };
    expect(eventOf(message)).toEqual({
      type: "track",
      name: "Order Completed",
      timestampMs: Date.UTC(2026, 0, 31, 11, 59),
      messageId: "m-1",
      source: "",
      isNoted: false,
      fields: message,
    });
    expect(eventOf({ ...message, millrace: { violations: [] } }).isNoted).toBe(true);
  });

  it("happened when it arrived where it has no timestamp", () => {
    expect(eventOf({ type: "page" }).timestampMs).toBe(arrivalMs);
  });

  it("of every type is read; only a track message needs a name", () => {
    for (const type of eventTypes.filter((type) => type !== "track"))
      expect(eventOf({ type })).toMatchObject({ type, name: "" });
    expect(eventOf({ type: "page", name: "Home", event: "x" }).name).toBe("Home");
    expect(eventOf({ type: "screen", name: "Start" }).name).toBe("Start");
    expect(eventOf({ type: "page", name: 5 }).name).toBe("");
    expect(eventOf({ type: "identify", name: "x", event: "y" }).name).toBe("");
  });

  it("has no message id where the sender gave none", () => {
    expect(eventOf({ type: "page" }).messageId).toBe("");
  });

  it("may have 256 bytes of message id and 32 KiB in all, to the byte", () => {
    expect(eventOf({ ...track, messageId: "é".repeat(128) }).messageId).toHaveLength(128);
    const room = 32_768 - Buffer.byteLength(JSON.stringify({ type: "page", text: "" }));
    expect(eventOf({ type: "page", text: "x".repeat(room) }).type).toBe("page");
    expect(eventOf({ type: "page", text: "é".repeat(room / 2) }).type).toBe("page");
    for (const text of ["x".repeat(room + 1), "é".repeat(room / 2 + 1)]) {
      expect(read({ type: "page", text })).toMatchObject({
        reason: "too-large",
        detail: expect.stringMatching(/32768 bytes, got 327(69|70)$/),
      });
    }
  });

  it("keeps fields named as what every object inherits as plain fields", () => {
    const text = '{"type":"page","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}';
    const { fields } = eventOf(text);
    expect(Object.keys(fields)).toEqual(["type", "__proto__", "constructor", "toString"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(fields.polluted).toBeUndefined();
  });
});

describe("a field that may be absent", () => {
  const given = { ...track, messageId: "m-1", timestamp: "2026-01-31T11:59:00.000Z" };

  it.each<[field: string, value: unknown]>([
    ["timestamp", undefined],
    ["timestamp", null],
    ["timestamp", "0001-01-01T00:00:00Z"],
    ["timestamp", ""],
    ["messageId", undefined],
    ["messageId", null],
    ["messageId", ""],
  ])("%s is absent as %j", (field, value) => {
    const { timestampMs, messageId } = eventOf(JSON.stringify({ ...given, [field]: value }));
    expect(timestampMs).toBe(field === "timestamp" ? arrivalMs : Date.parse(given.timestamp));
    expect(messageId).toBe(field === "messageId" ? "" : given.messageId);
  });

  it.each<[timestamp: unknown]>([["2026-01-31T11:59Z"], ["2026-01-31T11:59"], [1_769_860_740], [1_769_860_740_000]])(
    "%s is a timestamp",
    (timestamp) => {
      const { timestampMs } = eventOf(JSON.stringify({ ...given, timestamp }));
      expect(timestampMs).toBe(Date.parse("2026-01-31T11:59:00Z"));
    },
  );
});

describe("an event that cannot be counted says which field, what was expected and what came", () => {
  it.each<[title: string, message: unknown, reason: string, detail: RegExp]>([
    ["no JSON", "type=page", "unreadable", /^expected JSON/],
    ["broken JSON", '{"type":"page"', "unreadable", /^expected JSON/],
    ["nothing", "", "unreadable", /^expected JSON/],
    ["NaN, which is no JSON", '{"type":"page","a":NaN}', "unreadable", /^expected JSON/],
    ["two objects", "{}{}", "unreadable", /^expected JSON/],
    ["a text", '"page"', "invalid", /^expected a JSON object, got "page"$/],
    ["a number", "5", "invalid", /^expected a JSON object, got 5$/],
    ["null", "null", "invalid", /^expected a JSON object, got null$/],
    ["a list", "[{}]", "invalid", /^expected a JSON object, got an array$/],
    ["no type", {}, "invalid", /^type: expected one of track, page, .*, got nothing$/],
    ["an unknown type", { type: "click" }, "invalid", /^type: .* got "click"$/],
    ["an inherited name for a type", { type: "constructor" }, "invalid", /^type: .* got "constructor"$/],
    ["a list for a type", { type: ["track"] }, "invalid", /^type: .* got \["track"\]$/],
    ["no name", { ...track, event: undefined }, "invalid", /^event: expected the name of the event, got nothing$/],
    ["an empty name", { ...track, event: "" }, "invalid", /^event: .* got ""$/],
    ["a number for a name", { ...track, event: 7 }, "invalid", /^event: .* got 7$/],
    ["a timestamp that is none", { ...track, timestamp: "today" }, "invalid", /^timestamp: expected an ISO 8601 time/],
    ["a number for a timestamp that is none", { ...track, timestamp: 5 }, "invalid", /^timestamp: .* got 5$/],
    ["a list for a timestamp", { ...track, timestamp: [] }, "invalid", /^timestamp: .* got \[\]$/],
    ["a number for a message id", { ...track, messageId: 5 }, "invalid", /^messageId: .* got 5$/],
    ["a long message id", { ...track, messageId: "é".repeat(129) }, "invalid", /^messageId: .* got "é{76}\.\.\.$/],
  ])("%s", (_title, message, reason, detail) => {
    expect(read(message)).toEqual({ reason, detail: expect.stringMatching(detail) });
  });

  it("also where a field is nested as deep as 32 KiB allow", () => {
    const deep = `${"[".repeat(16_000)}${"]".repeat(16_000)}`;
    for (const field of ["type", "timestamp", "messageId", "event"]) {
      const others = Object.entries(track).filter(([name]) => name !== field);
      const message = [...others.map(([name, value]) => `"${name}":"${value}"`), `"${field}":${deep}`].join();
      expect(read(`{${message}}`)).toEqual({
        reason: "invalid",
        detail: expect.stringMatching(`^${field}: .* too deep to show$`),
      });
    }
    expect(eventOf(`{"type":"page","properties":${deep}}`).type).toBe("page");
  });

  it("in few words, however long the value is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom("type", "event", "timestamp", "messageId"), (value, field) => {
        const event = read({ ...track, [field]: value });
        if (isProblem(event)) expect(event.detail.length).toBeLessThan(300);
      }),
    );
  });
});

describe("whatever text comes", () => {
  it("is an event or a problem, and nothing is thrown", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"type"',
      ":",
      '"page"',
      ",",
      '"',
      "\\",
      "1e999",
      "\ud800",
      "__proto__",
    );
    const texts = fc.oneof(
      anyText,
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join("")),
      fc.json({ stringUnit: anyUnit }),
    );
    fc.assert(
      fc.property(texts, (text) => void read(text)),
      { numRuns: 500 },
    );
  });
});

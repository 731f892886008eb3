import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventLine, partitionKey } from "../../../lib/producer/event-line.ts";
import { EventRefused } from "../../../lib/producer/event-refused.ts";

/** The reason an event is refused for. */
function refusal(event: Record<string, unknown>): string {
  try {
    eventLine(event);
  } catch (error) {
    if (error instanceof EventRefused) return error.reason;
  }
  return "accepted";
}

describe("the line of an event", () => {
  it("is one line of JSON, with its length in UTF-8", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (event) => {
        const { text, bytes } = eventLine(event);
        expect(text).not.toMatch(/[\n\r]/);
        expect(Buffer.byteLength(text)).toBe(bytes);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(event)));
      }),
    );
  });

  it("names what JSON has no value for, which is not absent", () => {
    const event = {
      a: Number.NaN,
      b: [Number.POSITIVE_INFINITY, -Infinity],
      c: new Date(Number.NaN),
      d: null,
      e: "null",
    };
    expect(eventLine(event).text).toBe(
      '{"a":"NaN","b":["Infinity","-Infinity"],"c":"Invalid Date","d":null,"e":"null"}',
    );
    const plain = { a: 1.5, b: null, c: [undefined, null], d: new Date(0), e: undefined };
    expect(eventLine(plain).text).toBe(JSON.stringify(plain));
  });

  it("is refused over 32 KiB and not at it, with the limit and the length", () => {
    const empty = Buffer.byteLength(JSON.stringify({ a: "" }));
    expect(refusal({ a: "é".repeat((32_768 - empty) / 2) })).toBe("accepted");
    expect(refusal({ a: `é${"é".repeat((32_768 - empty) / 2)}` })).toBe(
      "expected at most 32768 bytes of JSON, got 32770",
    );
  });

  it("is refused when there is no JSON for it, and says why", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(refusal(circle)).toMatch(/^cannot be written as JSON: .*circular/i);
    expect(refusal({ quantity: 1n })).toMatch(/^cannot be written as JSON: .*BigInt/);
    expect(refusal([] as never)).toBe("expected a JSON object, got []");
    expect(refusal({ toJSON: () => undefined })).toBe("expected a JSON object, got object");
    expect(refusal(undefined as never)).toBe("expected a JSON object, got undefined");
  });
});

describe("the partition key of an event", () => {
  it("is the person, else the visitor, else the event itself", () => {
    expect(partitionKey({ userId: "u", anonymousId: "a", messageId: "m" })).toBe("u");
    expect(partitionKey({ userId: 17, anonymousId: "a" })).toBe("17");
    expect(partitionKey({ userId: "", anonymousId: "a", messageId: "m" })).toBe("a");
    expect(partitionKey({ userId: null, anonymousId: {}, messageId: "m" })).toBe("m");
    expect(partitionKey({})).toBe("nobody");
  });

  it("is 1 to 256 well-formed characters whatever the person is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 600 }), fc.nat(300), (text, lone) => {
        const key = partitionKey({ userId: `${text.slice(0, lone)}\ud800${text}` });
        expect(key.length).toBeGreaterThan(0);
        expect(key.length).toBeLessThanOrEqual(256);
        expect(key.isWellFormed()).toBe(true);
      }),
    );
  });
});

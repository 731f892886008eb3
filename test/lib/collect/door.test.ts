import { describe, expect, test } from "vitest";
import { type DoorEvent, throughTheDoor } from "../../../lib/collect/door.ts";
import type { Message } from "../../../lib/collect/message.ts";
import { privacyOf } from "../../../lib/collect/privacy.ts";
import { trackingPlanOf } from "../../../lib/config/tracking-plan/compile-at-start.ts";
import { collectLimits, recordLimits } from "../../../lib/limits.ts";
import type { Fields } from "../../../lib/stream/event/fields.ts";
import { parseJsonToWrite } from "../../../lib/stream/event/json.ts";

const source = { name: "web", allowedOrigins: ["*"], keepAddress: true };
const request = { receivedMs: Date.UTC(2026, 0, 1), address: "203.0.113.77" };
const privacy = privacyOf({ remove: ["context.ip", "traits.phone"], hash: ["event", "traits.email"] }, "key");
const hash = /^[0-9a-f]{64}$/;
const plan = (mode: "observe" | "enforce") =>
  trackingPlanOf({
    metrics: {},
    trackingPlan: { mode, events: { Signed: { type: "object", required: ["plan"] } } },
  });

interface Asked {
  readonly problem?: string;
  readonly isOurs?: boolean;
  readonly mode?: "observe" | "enforce";
}

/** What becomes of one message with nothing to hide or hash but what the rules say. */
function through(value: unknown, { problem, isOurs = true, mode }: Asked = {}): DoorEvent {
  const message: Message = { value, type: "track", shared: {}, ...(problem === undefined ? {} : { problem }) };
  const sender = { source, sourceOf: () => (isOurs ? source : undefined) };
  const rules = { plan: mode === undefined ? undefined : plan(mode), privacy };
  const [event] = throughTheDoor([message], sender, request, rules);
  if (event === undefined) throw new Error("Expected an event, got none");
  expect(event.line.text).toBe(JSON.stringify(event.event));
  expect(event.line.bytes).toBe(Buffer.byteLength(event.line.text));
  return event;
}

/** `levels` objects in one another. */
const nested = (levels: number): Fields => JSON.parse(`${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`);
const signed = (more: object = {}): Fields => ({ event: "Signed", messageId: "m", timestamp: "2026-01-01", ...more });
const person = { email: "ann@shop.example", phone: "+49 30 1234567" };
const flatPerson = { "traits.email": person.email, "traits.phone": person.phone };

describe("the privacy rules are applied to an event that is refused because", () => {
  test.each<[string, unknown, Asked]>([
    ["it is no object", 5, {}],
    ["it is too deep", signed({ properties: nested(collectLimits.levelsMax) }), {}],
    ["it has a problem of its own", signed({ traits: person }), { problem: "id: expected a text, got none" }],
    ["its write key is unknown", signed({ traits: person }), { isOurs: false }],
    ["it breaks the plan", signed({ traits: person, properties: {} }), { mode: "enforce" }],
    ["it is too large", signed({ traits: { ...person, text: "x".repeat(33_000) } }), {}],
    ["its write key is unknown, under flat names", signed({ traits: {}, ...flatPerson }), { isOurs: false }],
    [
      "it breaks the plan, under flat names",
      signed({ traits: {}, ...flatPerson, properties: {} }),
      { mode: "enforce" },
    ],
  ])("%s", (_, value, asked) => {
    const { event, line, refused } = through(value, asked);
    expect(refused).toBeDefined();
    expect(line.text).not.toMatch(/203\.0\.113|ann@|1234567|Signed/);
    if (typeof value === "object") expect(event.event).toMatch(hash);
    const { email = event["traits.email"] } = (event.traits ?? {}) as Fields;
    if (event.traits !== undefined) expect(email).toMatch(hash);
  });
});

test("hashes must not make a small request large in the stream", () => {
  const shared = { context: { emails: Array(40).fill(1), text: "x".repeat(28_000) } };
  const batch = (size: number): Message[] =>
    Array.from({ length: size }, (_, index) => ({ value: signed({ messageId: `m${index}` }), type: "track", shared }));
  const rules = { plan: undefined, privacy: privacyOf({ remove: [], hash: ["context.emails"] }, "key") };
  const enter = (size: number) => throughTheDoor(batch(size), { source, sourceOf: () => source }, request, rules);
  const [one] = enter(1);
  if (one === undefined) throw new Error("Expected an event, got none");
  const fitting = Math.floor(collectLimits.writtenBytesMax / (one.line.bytes + 4));
  expect(enter(fitting)).toHaveLength(fitting);
  expect(() => enter(fitting + 5)).toThrow(expect.objectContaining({ refusal: "TooLarge" }));
});

describe("an event", () => {
  // The event itself is a level, and so are its properties.
  test.each([
    [collectLimits.levelsMax, undefined],
    [collectLimits.levelsMax + 1, "invalid"],
  ])("of %i levels is refused: %s", (levels, refused) => {
    expect(through(signed({ properties: nested(levels - 1) })).refused).toBe(refused);
  });

  test("has no more levels for a number that keeps its digits", () => {
    const deepest = `${'{"a":'.repeat(collectLimits.levelsMax - 1)}2053013552326770905${"}".repeat(collectLimits.levelsMax - 1)}`;
    const { line, refused } = through(signed({ properties: parseJsonToWrite(deepest) }));
    expect(refused).toBeUndefined();
    expect(line.text).toContain(deepest);
  });

  test("is as large as its bytes, whatever its letters", () => {
    const room = recordLimits.eventBytesMax - through(signed({ text: "" })).line.bytes;
    const fitting = `${"ü".repeat(Math.floor(room / 2))}${room % 2 === 1 ? "x" : ""}`;
    expect(through(signed({ text: fitting }))).toMatchObject({ line: { bytes: recordLimits.eventBytesMax } });
    expect(through(signed({ text: fitting })).refused).toBeUndefined();
    expect(through(signed({ text: `${fitting}x` })).refused).toBe("too-large");
  });
});

describe("an event that breaks a plan which only observes", () => {
  const broken = (text: string): DoorEvent => through(signed({ properties: {}, text }), { mode: "observe" });

  test("says so where there is room for it", () => {
    const { event, refused, breaksPlan } = broken("");
    expect([refused, breaksPlan]).toEqual([undefined, true]);
    expect(event.millrace).toMatchObject({ violations: [{ rule: "required" }] });
  });

  test("goes through as it is where saying so would make it too large", () => {
    const noted = broken("").line.bytes;
    const room = recordLimits.eventBytesMax - noted;
    expect(broken("x".repeat(room)).event).toHaveProperty("millrace");
    const { event, line, refused, breaksPlan } = broken("x".repeat(room + 1));
    expect([refused, breaksPlan]).toEqual([undefined, true]);
    expect(event).not.toHaveProperty("millrace");
    expect(line.bytes).toBeLessThanOrEqual(recordLimits.eventBytesMax);
  });
});

import { describe, expect, it } from "vitest";
import { ApiFailure } from "../../../dashboard/api/api-failure.ts";
import { readLiveAnswer } from "../../../dashboard/api/live-answer.ts";
import {
  LiveFeed,
  laidOut,
  noFilter,
  noteInWords,
  outcomeInWords,
  whyCommand,
} from "../../../dashboard/sections/live-feed.ts";

const event = {
  shardId: "shardId-000000000000",
  sequenceNumber: "49",
  index: 0,
  arrival: "2026-01-01T12:00:00.000Z",
  type: "track",
  name: "Sold",
  user: "ann",
  source: null,
  timestamp: "2026-01-01T12:00:00.000Z",
  messageId: "m1",
  refused: null,
  observed: null,
  metrics: ["sales"],
  bytes: 20,
  text: "{}",
};
const body = {
  asOf: "2026-01-01T12:00:01.000Z",
  events: [event],
  cursor: "0.a",
  shards: { read: 1, all: 1, throttled: 0 },
  staleMs: 0,
  leftOut: false,
};

describe("the events as they come", () => {
  it("are asked for from where the last answer ended", () => {
    const feed = new LiveFeed();
    expect(feed.question(1_000)).toEqual({ path: "/v1/live", isNew: true });
    feed.answered(readLiveAnswer(body), 1_000);
    expect(feed.question(2_000)).toEqual({ path: "/v1/live?after=0.a", isNew: false });
  });

  it("begin anew with another filter, and after a pause that would leave a gap", () => {
    const feed = new LiveFeed();
    feed.answered(readLiveAnswer(body), 1_000);
    feed.filter({ ...noFilter, name: " a&b ", source: "web" });
    expect(feed.question(2_000)).toEqual({ path: "/v1/live?name=a%26b&source=web", isNew: true });
    feed.answered(readLiveAnswer(body), 2_000);
    expect(feed.question(90_000).isNew).toBe(true);
  });

  it("are read as the API writes them, and nothing else is", () => {
    expect(readLiveAnswer(body)).toEqual(body);
    const refused = { ...event, refused: { reason: "late", detail: "too old" }, metrics: [] };
    expect(readLiveAnswer({ ...body, events: [refused] }).events[0]).toEqual(refused);
    for (const wrong of [{}, { ...body, events: 1 }, { ...body, events: [{ ...event, arrival: "today" }] }]) {
      expect(() => readLiveAnswer(wrong)).toThrow(ApiFailure);
    }
  });

  it("say what they count in, or why they do not", () => {
    expect(outcomeInWords({ refused: null, observed: null, metrics: ["a", "b"] })).toBe("accepted: a, b");
    expect(outcomeInWords({ refused: null, observed: null, metrics: [] })).toBe("accepted, in no metric");
    expect(outcomeInWords({ refused: null, observed: "a: expected number (type)", metrics: ["b"] })).toBe(
      "accepted: b; breaks the plan: a: expected number (type)",
    );
    expect(outcomeInWords({ refused: { reason: "late", detail: "too old" }, observed: null, metrics: [] })).toBe(
      "late: too old",
    );
  });

  it("say when there is more than is shown, or nothing", () => {
    const shards = { read: 1, all: 1, throttled: 0 };
    const staleMs = 400;
    expect(noteInWords({ leftOut: false, shards, staleMs }, 3)).toBe("");
    expect(noteInWords({ leftOut: false, shards, staleMs }, 0)).toContain("No such event in the last minute");
    const many = { read: 100, all: 120, throttled: 0 };
    expect(noteInWords({ leftOut: true, shards: many, staleMs }, 3)).toMatch(/more events.*Of 120 shards/);
    const throttled = { leftOut: false, shards: { read: 3, all: 3, throttled: 1 }, staleMs: 12_300 };
    expect(noteInWords(throttled, 3)).toMatch(/throttles 1 of 3 shards.*as of 12 s ago/);
  });

  it("are laid out where they are JSON", () => {
    expect(laidOut('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(laidOut("{a")).toBe("{a");
  });

  it("name a command that a shell takes as it is", () => {
    expect(whyCommand("a-1")).toBe("npx millrace why a-1");
    expect(whyCommand("it's $(rm)")).toBe("npx millrace why -- 'it'\\''s $(rm)'");
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgedArrival, type ReplayedNote, replayedOf } from "../../../../lib/stream/event/replayed.ts";
import { arrivalMs, countOf, definitions, folded, order, record } from "../../roll-up/fold/shop.ts";

const hourMs = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** An order of so long ago, replayed now. */
function replayed(agoMs: number, note: Partial<Record<keyof ReplayedNote, unknown>> = {}) {
  const arrival = iso(arrivalMs - agoMs);
  const whole = { entry: "e", attempt: 1, arrival, until: iso(arrivalMs + 60_000), ...note };
  return order({ timestamp: arrival, millrace: { replayed: whole } });
}

const outcome = (event: unknown) => {
  const fold = folded([record([event])]);
  return fold.rejected[0]?.problem.reason ?? countOf(fold, "orders");
};

describe("an event out of quarantine", () => {
  test("is late or early by when it first arrived", () => {
    expect(outcome(order({ timestamp: iso(arrivalMs - 48 * hourMs) }))).toBe("late");
    expect(outcome(replayed(48 * hourMs))).toBe(1);
    expect(outcome({ ...replayed(48 * hourMs), timestamp: iso(arrivalMs - 51 * hourMs) })).toBe("late");
    expect(outcome({ ...replayed(48 * hourMs), timestamp: iso(arrivalMs - 47 * hourMs) })).toBe("early");
  });

  test("reaches no further back than the ledger and quarantine do, and never ahead", () => {
    expect(outcome(replayed(89 * 24 * hourMs))).toBe(1);
    expect(outcome(replayed(93 * 24 * hourMs))).toBe("late");
    expect(outcome(replayed(-5 * hourMs))).toBe("early");
  });

  test("counts only within the time of its replay, which is within the dedupe window", () => {
    expect(outcome(replayed(hourMs, { until: iso(arrivalMs) }))).toBe(1);
    expect(outcome(replayed(hourMs, { until: iso(arrivalMs - 1) }))).toBe("late");
    expect(outcome(replayed(hourMs, { until: iso(arrivalMs + 15 * 60_000) }))).toBe(1);
    expect(outcome(replayed(hourMs, { until: iso(arrivalMs + 15 * 60_000 + 1) }))).toBe("late");
    expect(judgedArrival({ arrivalMs: 0, untilMs: 61_000, attempt: 1 }, 1_000, 60_000)).toBe(0);
    expect(judgedArrival({ arrivalMs: 0, untilMs: 61_001, attempt: 1 }, 1_000, 60_000)).toHaveProperty(
      "reason",
      "late",
    );
  });

  test("without a well-formed note is any other event", () => {
    for (const note of [{ arrival: 5 }, { until: "soon" }, { attempt: 0 }, { attempt: 1.5 }, { attempt: "1" }]) {
      expect(outcome(replayed(48 * hourMs, note))).toBe("late");
    }
    fc.assert(fc.property(fc.jsonValue(), (millrace) => void replayedOf({ millrace })));
    expect(definitions.dedupeWindowMs).toBe(hourMs);
  });
});

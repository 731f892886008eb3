import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterDiscard,
  afterInvoke,
  type DeliveryRules,
  type Expiry,
  nextStep,
  startDelivery,
  type Verdict,
} from "../../../../local/event-source-mapping/batch/delivery.ts";
import { drawSwitches, type Switches, switchesWith } from "../../../../local/event-source-mapping/switches.ts";
import { seeded } from "../rig.ts";

type Mark = { from: number; to: number; as: string };

/** Runs a delivery to its end; gives what became of each range, in order, and the invocations. */
function deliver(
  records: number,
  given: Pick<DeliveryRules, "retriesMax" | "bisect"> & { switches?: Partial<Switches> },
  verdict: (from: number, to: number, nth: number) => Verdict,
  expired: (at: number, step: number) => boolean = () => false,
  expiry: Expiry = "aged",
) {
  const rules: DeliveryRules = { ...given, switches: switchesWith(given.switches) };
  const fates: Mark[] = [];
  const invoked: [number, number][] = [];
  const failures: number[] = [];
  let delivery = startDelivery(records);
  for (let n = 0; n < 100_000; n++) {
    const next = nextStep(delivery, (at) => (expired(at, n) ? expiry : "living"), rules);
    delivery = next.delivery;
    const { step } = next;
    if (step.kind === "done") return { fates, invoked, failures };
    if (step.kind === "discard") {
      fates.push({ from: step.from, to: step.to, as: step.condition });
      failures.push(step.failures);
      delivery = afterDiscard(delivery, step);
      continue;
    }
    if (step.kind === "vanish") {
      fates.push({ from: step.from, to: step.to, as: "vanished" });
      delivery = afterDiscard(delivery, step);
      continue;
    }
    invoked.push([step.from, step.to]);
    const said = verdict(step.from, step.to, invoked.length);
    if (said === "success") fates.push({ from: step.from, to: step.to, as: "success" });
    delivery = afterInvoke(delivery, said, rules).delivery;
  }
  throw new Error("the delivery did not come to an end");
}

describe("a delivery", () => {
  test("of nothing is done", () => {
    expect(deliver(0, { retriesMax: 0, bisect: false }, () => "success").fates).toEqual([]);
  });

  test("gives up after the first attempt and as many retries as allowed", () => {
    const { fates, invoked, failures } = deliver(5, { retriesMax: 3, bisect: false }, () => "function-error");
    expect(invoked).toHaveLength(4);
    expect(fates).toEqual([{ from: 0, to: 5, as: "RetryAttemptsExhausted" }]);
    expect(failures).toEqual([4]);
  });

  test("splits a failed batch, first half first, without consuming the retry quota", () => {
    const poison = 5;
    const { fates, invoked } = deliver(8, { retriesMax: 0, bisect: true }, (from, to) =>
      from <= poison && poison < to ? "function-error" : "success",
    );
    expect(invoked).toEqual([
      [0, 8],
      [0, 4],
      [4, 8],
      [4, 6],
      [4, 5],
      [5, 6],
      [6, 8],
    ]);
    expect(fates.find((fate) => fate.as !== "success")).toEqual({ from: 5, to: 6, as: "RetryAttemptsExhausted" });
  });

  test("does not count throttles as attempts", () => {
    const { fates, invoked } = deliver(2, { retriesMax: 0, bisect: true }, (_from, _to, nth) =>
      nth < 50 ? "throttled" : "success",
    );
    expect(invoked).toHaveLength(50);
    expect(fates).toEqual([{ from: 0, to: 2, as: "success" }]);
  });

  test("discards expired records alone, and invokes what lies between them without gaps", () => {
    const { fates } = deliver(
      6,
      { retriesMax: -1, bisect: false },
      () => "success",
      (at) => at === 0 || at === 3,
    );
    expect(fates).toEqual([
      { from: 0, to: 1, as: "RecordAgeExceeded" },
      { from: 1, to: 3, as: "success" },
      { from: 3, to: 4, as: "RecordAgeExceeded" },
      { from: 4, to: 6, as: "success" },
    ]);
  });

  test("halves what is too large until a single record is, whatever the rules", () => {
    const { fates } = deliver(4, { retriesMax: -1, bisect: false }, (from, to) =>
      from <= 2 && 2 < to ? "too-large" : "success",
    );
    expect(fates).toEqual([
      { from: 0, to: 2, as: "success" },
      { from: 2, to: 3, as: "RecordTooLarge" },
      { from: 3, to: 4, as: "success" },
    ]);
  });

  test("under any switches brings every record to exactly one end, and sends no piece that begins or ends with a hole", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: -1, max: 3 }),
        fc.boolean(),
        fc.constantFrom<Expiry>("aged", "expired"),
        (seed, records, retriesMax, bisect, expiry) => {
          const random = seeded(seed);
          const rules = { retriesMax, bisect, switches: switchesWith(drawSwitches(random)) };
          const ends = new Array<number>(records).fill(0);
          let delivery = startDelivery(records);
          for (let n = 0; n < 10_000; n++) {
            const next = nextStep(delivery, () => (random() < Math.min(0.1, n / 1_000) ? expiry : "living"), rules);
            delivery = next.delivery;
            const { step } = next;
            if (step.kind === "done") break;
            const { holes } = delivery;
            const count = (from: number, to: number) => {
              for (let at = from; at < to; at++) if (!holes.has(at)) ends[at] = (ends[at] ?? 0) + 1;
            };
            if (step.kind !== "invoke") {
              count(step.from, step.to);
              delivery = afterDiscard(delivery, step);
              continue;
            }
            expect([holes.has(step.from), holes.has(step.to - 1)]).toEqual([false, false]);
            const living = Array.from({ length: step.to - step.from }, (_, at) => step.from + at).filter(
              (at) => !holes.has(at),
            );
            const failedFrom = living[Math.floor(random() * living.length)] ?? step.from;
            const verdict = (["success", "function-error", "bad-response", "throttled", "too-large", "lost"] as const)[
              Math.floor(random() * 8)
            ] ?? { failedFrom };
            if (verdict === "success") count(step.from, step.to);
            if (typeof verdict === "object") count(step.from, failedFrom);
            delivery = afterInvoke(delivery, verdict, rules).delivery;
          }
          expect(ends).toEqual(ends.map(() => 1));
        },
      ),
      { numRuns: 300 },
    );
  });

  const rules = fc.record({ retriesMax: fc.integer({ min: 0, max: 4 }), bisect: fc.boolean() });

  test("brings every record to exactly one end, in order, whichever records fail", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(39)),
        fc.integer({ min: 1, max: 40 }),
        rules,
        fc.array(fc.nat(20)),
        fc.array(fc.nat(39)),
        (poison, records, rule, throttledAt, expiring) => {
          const { fates, invoked } = deliver(
            records,
            rule,
            (from, to, nth) => {
              if (throttledAt.includes(nth)) return "throttled";
              return poison.some((at) => from <= at && at < to) ? "function-error" : "success";
            },
            (at, step) => step > 3 && expiring.includes(at),
          );
          expect(fates.map((fate) => fate.from)).toEqual([0, ...fates.map((fate) => fate.to)].slice(0, -1));
          expect(fates.at(-1)?.to).toBe(records);
          // A record that never fails is discarded alone for its age, or beside a bad one if there is no bisection.
          for (const fate of fates.filter((each) => each.as === "RetryAttemptsExhausted")) {
            expect(poison.some((at) => fate.from <= at && at < fate.to)).toBe(true);
            if (rule.bisect) expect(fate.to - fate.from).toBe(1);
          }
          for (const fate of fates.filter((each) => each.as === "success")) {
            expect(invoked.filter(([from, to]) => from === fate.from && to === fate.to).length).toBeGreaterThan(0);
          }
        },
      ),
    );
  });

  test("with bisection isolates one bad record of n in at most 2 log2 n invocations more than it takes to retry it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(), fc.nat(3), (records, at, retriesMax) => {
        const poison = at % records;
        const { invoked } = deliver(records, { retriesMax, bisect: true }, (from, to) =>
          from <= poison && poison < to ? "function-error" : "success",
        );
        expect(invoked.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(records)) + retriesMax + 1);
      }),
    );
  });
});

import { describe, expect, test } from "vitest";
import { asynchronousInvocation } from "../../../local/lambda/asynchronous-invocation.ts";
import type { InvokeOutcome } from "../../../local/lambda/invoke-outcome.ts";
import { VirtualClock } from "../virtual-clock.ts";

const error: InvokeOutcome = { kind: "function-error", errorType: "Error", errorMessage: "no", handled: true };

function rig(answer: (n: number) => InvokeOutcome) {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const attempts: number[] = [];
  const problems: string[] = [];
  const stop = new AbortController();
  const invoke = async () => {
    attempts.push((clock.now() - startMs) / 1000);
    return answer(attempts.length);
  };
  const take = asynchronousInvocation({ clock, invoke, problem: (text) => problems.push(text) }, stop.signal);
  return { clock, attempts, problems, stop, take };
}

describe("an asynchronous invocation", () => {
  test("whose function fails is retried after one minute and after two more, and then given up", async () => {
    const { clock, attempts, problems, take } = rig(() => error);
    expect(take("f", "{}")).toBe(true);
    await clock.advance(3_600_000);
    expect(attempts).toEqual([0, 60, 180]);
    expect(problems).toEqual(["An event for f was given up: Error: failed 3 times, lastly: Error: no"]);
  });

  test("that is throttled is tried for six hours", async () => {
    const { clock, attempts, problems, take } = rig(() => ({ kind: "throttled" }));
    take("f", "{}");
    await clock.advance(24 * 3_600_000);
    expect(attempts.slice(0, 4)).toEqual([0, 1, 3, 7]);
    expect(attempts.at(-1)).toBeLessThanOrEqual(6 * 3_600);
    expect(problems[0]).toContain("too old");
  });

  test("ends with its success, and with the one who keeps it", async () => {
    const { clock, attempts, problems, take, stop } = rig((n) => (n === 2 ? { kind: "ok", payload: "null" } : error));
    take("f", "{}");
    await clock.advance(3_600_000);
    expect(attempts).toEqual([0, 60]);
    take("f", "{}");
    await clock.advance(1_000);
    stop.abort();
    await clock.advance(3_600_000);
    expect(attempts).toHaveLength(3);
    expect(problems).toEqual([]);
    expect(take("f", "{}")).toBe(false);
  });

  test("is refused while a thousand are held", async () => {
    const { clock, take } = rig(() => error);
    for (let n = 0; n < 1_000; n++) expect(take("f", "{}")).toBe(true);
    expect(take("f", "{}")).toBe(false);
    await clock.advance(3_600_000);
    expect(take("f", "{}")).toBe(true);
  });
});

import { expect, test } from "vitest";
import { recoverLoad } from "./recovery-load.ts";

test("sweep and redrive come through more than fits their memory though they are killed, and count each event once", async () => {
  const { events, revenue, sweep, redrive, killed } = await recoverLoad({
    promises: 10,
    files: 12,
    memoryMib: 192,
    kills: 5,
  });
  expect(revenue).toBe(events.promised + events.givenUp);
  expect(killed).toBeGreaterThan(0);
  expect(Math.max(sweep.highestMib, redrive.highestMib)).toBeLessThan(192);
}, 120_000);

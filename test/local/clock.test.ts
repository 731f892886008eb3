import { test } from "vitest";
import { realClock } from "../../local/clock.ts";

test("a sleep ends at once when its signal aborts, before or during it", async () => {
  const stop = new AbortController();
  const sleeping = realClock.sleep(1_000_000, stop.signal);
  stop.abort();
  await sleeping;
  await realClock.sleep(1_000_000, stop.signal);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationMs } from "../../lib/time.ts";

describe("a duration", () => {
  it("is whole seconds, minutes, hours or days", () => {
    const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
    fc.assert(
      fc.property(fc.nat(999_999_999), fc.constantFrom(...(["s", "m", "h", "d"] as const)), (number, unit) => {
        expect(durationMs(`${number}${unit}`)).toBe(number * unitMs[unit]);
      }),
    );
  });

  it.each(["", "5", "h", "1.5h", "-1h", "+1h", " 1h", "1h ", "1h\n", "1H", "1w", "1h30m", "1e3s", "9999999999s", "١h"])(
    "is not %j",
    (text) => {
      expect(durationMs(text)).toBeUndefined();
    },
  );
});

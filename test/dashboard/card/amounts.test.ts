import { describe, expect, it } from "vitest";
import { amountsOf, isUnit } from "../../../dashboard/card/amounts.ts";

describe("numbers", () => {
  it("are whole for counts and have up to two decimals for sums", () => {
    expect(amountsOf("count", undefined, "en").full(12_405)).toBe("12,405");
    expect(amountsOf("sum", undefined, "en").full(1_204.499)).toBe("1,204.5");
    expect(amountsOf("sum", undefined, "de").full(1_204.5)).toBe("1.204,5");
  });

  it("are money where the currency is known, with the decimals of that currency", () => {
    expect(amountsOf("sum", "EUR", "en").full(1_204.5)).toBe("€1,204.50");
    expect(amountsOf("sum", "JPY", "en").full(1_204.5)).toBe("¥1,205");
  });

  it("are plain where the value of the dimension is no currency's code", () => {
    for (const value of ["(none)", "euro", "eur", ""]) expect(amountsOf("sum", value, "en").full(3.5)).toBe("3.5");
  });

  it("never show a minus before zero", () => {
    expect(amountsOf("sum", undefined, "en").full(-0)).toBe("0");
  });

  it("are short on an axis", () => {
    const { short } = amountsOf("count", undefined, "en");
    expect([500, 9_000, 12_000, 2_500_000].map(short)).toEqual(["500", "9,000", "12K", "2.5M"]);
  });

  it("have a decimal in the mean of a count", () => {
    expect(amountsOf("count", undefined, "en").mean(57.14)).toBe("57.1");
    expect(amountsOf("sum", "EUR", "en").mean(57.144)).toBe("€57.14");
  });

  it("are not added up over currencies", () => {
    expect(isUnit("sum", "currency")).toBe(true);
    expect(isUnit("count", "currency")).toBe(false);
    expect(isUnit("sum", "country")).toBe(false);
  });
});

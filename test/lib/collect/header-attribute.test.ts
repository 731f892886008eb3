import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headerAttribute } from "../../../lib/collect/header-attribute.ts";

/** As Node gives the bytes of a header. */
const bytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

describe("an attribute in a header", () => {
  test.each<[header: string, text: string | undefined, why: string]>([
    ["Order", "Order", "as it is"],
    ["Order%20Completed", "Order Completed", "encoded"],
    ["Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀", "encoded as the specification's example is"],
    ["caf%c3%a9", "café", "encoded with small letters"],
    ["%4Frder", "Order", "encoded without need"],
    ["100%25", "100%", "encoded"],
    ["a%2520b", "a%20b", "decoded once only"],
    ["2026-05-05T10:00:00+02:00", "2026-05-05T10:00:00+02:00", "no form, in which + is a space"],
    ['"Order Completed"', "Order Completed", "quoted"],
    ['"Order%20Completed"', "Order Completed", "quoted and encoded"],
    [String.raw`"say \"hi\" \\ \a"`, String.raw`say "hi" \ a`, "quoted with escapes"],
    ['""', "", "quoted and empty"],
    ["", "", "empty"],
    ["Order Completed", "Order Completed", "not encoded"],
    ['5" pipe', '5" pipe', "not encoded"],
    ['"Berlin" shop', '"Berlin" shop', "not encoded"],
    ['"Berlin', '"Berlin', "not encoded"],
    [String.raw`"Berlin\"`, String.raw`"Berlin\"`, "not encoded"],
    ["50% off", "50% off", "not encoded"],
    ["50%25 of 100%", "50%25 of 100%", "not encoded"],
    ["%zz", "%zz", "not encoded"],
    [bytes("café"), "café", "not encoded, in bytes"],
    [bytes("Ã©"), "Ã©", "not encoded, in bytes"],
    [bytes('"café au lait"'), "café au lait", "quoted, in bytes"],
    [bytes("😀 %20"), "😀 %20", "not encoded, in bytes"],
    ["café", "café", "not encoded, given as text"],
    ["€ 5", "€ 5", "not encoded, given as text"],
    ["\u01c3\u01a9", "\u01c3\u01a9", "not encoded, given as text"],
    [bytes("\ufeffa"), "\ufeffa", "not encoded, in bytes"],
    ["%C0%A0", undefined, "an overlong space"],
    ["a%FFb", undefined, "no UTF-8"],
    ["caf%E9", undefined, "Latin-1"],
    ["%ED%A0%80", undefined, "a lone surrogate"],
    ["%E2%82", undefined, "half a character"],
    ['"%C0%A0"', undefined, "quoted, an overlong space"],
  ])("%j is %j: %s", (header, text) => expect(headerAttribute(header)).toBe(text));

  test("is any text that was encoded, and any that was quoted", () => {
    const encoded = (text: string): string => encodeURIComponent(text).replaceAll("%2F", "/");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(text.isWellFormed());
        expect(headerAttribute(encoded(text))).toBe(text);
        const printable = text.replace(/[^ -~]|%/g, "");
        expect(headerAttribute(`"${printable.replace(/["\\]/g, "\\$&")}"`)).toBe(printable);
      }),
    );
  });
});

import fc from "fast-check";

/** One UTF-16 unit of any kind: lone surrogates, controls, and often what has a meaning in JSON or SQL. */
export const anyUnit = fc.oneof(
  fc.nat(0xffff).map((code) => String.fromCharCode(code)),
  fc.constantFrom(..."'\"\\/{}[],:;-*%\n\r\t\u0000\u2028", "😀", "\ud800", "\udc00"),
);

/** Any text that JavaScript can hold. */
export const anyText = fc.string({ unit: anyUnit });

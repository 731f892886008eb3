import fc from "fast-check";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";
import { arrivalMs, record } from "./shop.ts";

/** The text of a value, or text that is no JSON. */
const number = fc.oneof(
  fc.integer({ min: -1_000, max: 1_000 }).map(String),
  fc.constantFrom("null", '"12"', '"NaN"', "1e999", '""', "[]"),
);
const country = fc.constantFrom(
  '"DE"',
  '"FR"',
  '"\\ud800"',
  '"\\udc00"',
  '""',
  "null",
  "7",
  "{}",
  '"__proto__"',
  `"${"x".repeat(99)}"`,
);
const timestamp = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .integer({ min: -100, max: 9 })
      .map((minutes) => JSON.stringify(new Date(arrivalMs + minutes * 60_000).toISOString())),
  },
  fc.constantFrom('"2026-01-30T12:00:00Z"', '"9999-12-31T23:59:59Z"', '"soon"', "null", '"2026-01-31T11:30:00"'),
);
const fieldsOf = {
  type: fc.constantFrom('"track"', '"track"', '"page"', '"identify"', '"click"'),
  event: fc.constantFrom('"Order Completed"', '"Order Completed"', '"Order Refunded"', '"Order Cancelled"', '"Seen"'),
  timestamp,
  revenue: number,
  currency: fc.constantFrom('"EUR"', '"USD"', "null"),
  plan: fc.constantFrom('"pro"', '"free"', "1"),
  country,
  path: fc.constantFrom('"/"', '"/a"'),
};

/** An event's text: any mix of what can be counted and what cannot; none has a message id. */
export const plainEvent = fc.record(fieldsOf, { requiredKeys: ["type"] }).map((fields) => {
  const { type, event, timestamp, revenue, currency, plan, country, path } = fields;
  const of = (members: Record<string, string | undefined>): string =>
    `{${Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [`"${name}":${value}`]))}}`;
  const context = of({ geo: of({ country }), page: of({ path }) });
  return of({ type, event, timestamp, properties: of({ revenue, currency, plan }), context });
});
const messageId = fc.constantFrom('"a"', '"b"', '"c"', '"d"', "5");
export const event = fc.oneof(
  plainEvent,
  fc.tuple(messageId, plainEvent).map(([id, text]) => `{"messageId":${id},${text.slice(1)}`),
  fc.constantFrom("{", "5", "garbage"),
);
export const recordsOf = (events: fc.Arbitrary<string>): fc.Arbitrary<StreamRecord[]> =>
  fc
    .array(fc.array(events, { minLength: 1, maxLength: 12 }), { maxLength: 6 })
    .map((records) => records.map((texts, index) => record(texts.join("\n"), index + 1)));

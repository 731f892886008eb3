import fc from "fast-check";

let made = 0;

/** An event of the Segment spec with an id of its own; `fields` override. */
export const event = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: "track",
  event: "Order Completed",
  messageId: `m-${made++}`,
  timestamp: "2026-01-31T09:30:00.000Z",
  ...fields,
});

/** Events of a handful of persons, with text of all scripts and of very different sizes. */
export const events = (max: number): fc.Arbitrary<Record<string, unknown>[]> =>
  fc
    .array(
      fc.record({
        person: fc.integer({ min: 0, max: 12 }),
        known: fc.boolean(),
        text: fc.oneof(
          fc.string({ unit: "binary", maxLength: 40 }),
          fc.nat(3_000).map((n) => "é\n".repeat(n)),
        ),
      }),
      { maxLength: max },
    )
    .map((drafts) =>
      drafts.map(({ person, known, text }, index) =>
        event({
          [known ? "userId" : "anonymousId"]: `person ${person}`,
          messageId: `e-${index}`,
          properties: { text, index },
        }),
      ),
    );

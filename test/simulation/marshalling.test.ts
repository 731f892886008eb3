import * as sdk from "@aws-sdk/util-dynamodb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { marshall, unmarshall } from "./marshalling.ts";

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.uint8Array(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((name) => name !== "__proto__"),
      tie("value"),
      { maxKeys: 4 },
    ),
  ),
}));

test("items are marshalled as the SDK does it, and come back as with the SDK", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("a", "b", "c"), value), (item) => {
      const expected = sdk.marshall(item, { removeUndefinedValues: true });
      const found = marshall(item, { removeUndefinedValues: true });
      expect(found).toEqual(expected);
      expect(unmarshall(found)).toEqual(sdk.unmarshall(expected));
    }),
    { numRuns: 500 },
  );
});

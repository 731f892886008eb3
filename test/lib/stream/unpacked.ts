import fc from "fast-check";
import { isProblem, type Reason } from "../../../lib/problem.ts";
import { unpack } from "../../../lib/stream/unpack.ts";
import { anyText, anyUnit } from "../any-text.ts";

/** The values of a record's texts; of a problem, its reason. */
export function valuesOf(data: Buffer | string): unknown[] {
  const unpacked = unpack(Buffer.from(data));
  if (isProblem(unpacked)) throw new Error(`Expected events, got ${unpacked.reason}: ${unpacked.detail}`);
  return unpacked.texts.map((text) => (typeof text === "string" ? JSON.parse(text) : text.reason));
}

/** Why a record as a whole cannot be taken apart. */
export function reasonOf(data: Buffer | string): Reason | undefined {
  const unpacked = unpack(Buffer.from(data));
  return isProblem(unpacked) ? unpacked.reason : undefined;
}

export const json = (value: unknown): string => JSON.stringify(value);
/** JSON objects as events are, with every kind of character in them. */
export const object = fc.dictionary(anyText, fc.jsonValue({ stringUnit: anyUnit }), {
  minKeys: 1,
});
export const objects = fc.array(object, { minLength: 1, maxLength: 8 });

import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** An item as the API has it. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** Bytes of an item as DynamoDB counts them (DynamoDB developer guide, "Item sizes and formats"). */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += Buffer.byteLength(name) + valueBytes(item[name] as AttributeValue);
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  if (value.L !== undefined) return value.L.reduce((sum, each) => sum + 1 + valueBytes(each), 3);
  if (value.M !== undefined) {
    let bytes = 3;
    for (const name in value.M) bytes += 1 + Buffer.byteLength(name) + valueBytes(value.M[name] as AttributeValue);
    return bytes;
  }
  throw new Error(`Expected a string, number, binary, Boolean, null, list or map, got ${Object.keys(value)}`);
}

/** About one byte for every two significant digits, and one more; one more again for a sign. */
function numberBytes(text: string): number {
  if (text.length === 1) return 2 - Number(text === "0");
  const digits = text
    .replace(/^-/, "")
    .replace(".", "")
    .replace(/^0+|0+$/g, "");
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith("-") ? 1 : 0);
}

/** The attribute at a path such as `head.revision`; undefined where there is none. */
export function valueAt(item: Item, path: readonly string[]): AttributeValue | undefined {
  let value = item[path[0] ?? ""];
  for (let at = 1; at < path.length; at++) value = value?.M?.[path[at] as string];
  return value;
}

/** Less than, equal to or greater than 0; undefined where the types differ or have no order. */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return compareText(a.S, b.S);
  if (a.N !== undefined && b.N !== undefined) return Number(a.N) - Number(b.N);
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  return undefined;
}

/** As their UTF-8 bytes are ordered, but for characters beyond U+FFFF, which no key here has. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

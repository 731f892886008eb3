import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/*
 * What `@aws-sdk/util-dynamodb` does with the values that the ledger has, in a tenth of its time: histories do little else. A
 * test holds it to the original.
 */

type Item = Record<string, AttributeValue>;

/** As the SDK's, for plain objects, arrays, texts, numbers, Booleans, null and bytes. */
export function marshall(item: object, { removeUndefinedValues = false } = {}): Item {
  const marshalled: Item = {};
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) marshalled[name] = attributeOf(value);
    else if (!removeUndefinedValues) throw new Error("Expected no undefined value, got one");
  }
  return marshalled;
}

function attributeOf(value: unknown): AttributeValue {
  switch (typeof value) {
    case "string":
      return { S: value };
    case "number":
      if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)
        throw new Error(`Expected a number that DynamoDB keeps exactly, got ${value}`);
      return { N: String(value) };
    case "boolean":
      return { BOOL: value };
    case "object":
      if (value === null) return { NULL: true };
      if (value instanceof Uint8Array) return { B: value };
      if (Array.isArray(value)) return { L: value.filter((each) => each !== undefined).map(attributeOf) };
      return { M: marshall(value, { removeUndefinedValues: true }) };
    default:
      throw new Error(`Expected a value that an item has, got ${typeof value}`);
  }
}

export function unmarshall(item: Item): Record<string, unknown> {
  const unmarshalled: Record<string, unknown> = {};
  for (const name in item) unmarshalled[name] = attributeValue(item[name] as AttributeValue);
  return unmarshalled;
}

function attributeValue(attribute: AttributeValue): unknown {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.M !== undefined) return unmarshall(attribute.M);
  if (attribute.L !== undefined) return attribute.L.map(attributeValue);
  if (attribute.B !== undefined) return attribute.B;
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NULL !== undefined) return null;
  throw new Error(`Expected an attribute, got ${JSON.stringify(attribute)}`);
}

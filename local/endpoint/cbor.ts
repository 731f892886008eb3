import { cbor, tag } from "@smithy/core/cbor";

/** The times of a CBOR protocol are tagged 1 and count these since the epoch; ours are always seconds. */
export type TimeUnit = "milliseconds" | "seconds";

const perSecond = { milliseconds: 1_000, seconds: 1 } as const;
/** RFC 8949, section 3.4.2. */
const epochTag = 1;

const timeNames = /Timestamps?$/;
const blobNames: ReadonlySet<string> = new Set(["Data"]);

/** Reads a body. Bytes become base64 and times seconds, as JSON has them. Throws if the body is not CBOR. */
export function readCbor(body: Uint8Array, unit: TimeUnit): unknown {
  return body.length === 0 ? {} : asJson(cbor.deserialize(body), unit);
}

function asJson(value: unknown, unit: TimeUnit): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map((entry) => asJson(entry, unit));
  if (value instanceof Date) return value.getTime() / 1_000;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  const { tag: number, value: tagged } = value as { tag?: unknown; value?: unknown };
  if (number === epochTag && Object.keys(value).length === 2) return Number(tagged) / perSecond[unit];
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asJson(member, unit)]));
}

/** Writes an answer in which blobs are in base64 and times in seconds. */
export function writeCbor(value: unknown, unit: TimeUnit): Buffer {
  return Buffer.from(cbor.serialize(fromJson(value, unit, "")));
}

function fromJson(value: unknown, unit: TimeUnit, name: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => fromJson(entry, unit, name));
  if (typeof value === "string") return blobNames.has(name) ? Buffer.from(value, "base64") : value;
  if (typeof value === "number" && timeNames.test(name)) {
    const time = value * perSecond[unit];
    return tag({ tag: epochTag, value: unit === "milliseconds" ? Math.round(time) : time });
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, fromJson(member, unit, key)]),
  );
}

import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { type Fields, isFields, scalarText } from "../stream/event/fields.ts";
import { isRawNumber } from "../stream/event/json.ts";
import { jsonBody, jsonOf, plainBody } from "./body.ts";
import { headerAttribute } from "./header-attribute.ts";
import { bounded, type Message } from "./message.ts";
import type { CollectRequest } from "./request.ts";
import { RequestRefused } from "./request-refused.ts";

const jsonType = /^[\w.-]+\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/**
 * The messages of a request with CloudEvents 1.0, in any of the three modes (CloudEvents, "HTTP Protocol Binding"). Throws
 * RequestRefused.
 */
export function cloudEventMessages(request: CollectRequest): Message[] {
  const contentType = request.headers["content-type"] ?? "";
  if (/^application\/cloudevents-batch\b/i.test(contentType)) return listed(jsonBody(request.body));
  if (/^application\/cloudevents\b/i.test(contentType)) return [messageOf(jsonBody(request.body))];
  if (request.headers["ce-specversion"] !== undefined) return [binaryEvent(request, contentType)];
  throw new RequestRefused(
    "Unparsable",
    "expected the header ce-specversion, or application/cloudevents+json or -batch+json as the content type, got neither",
  );
}

function listed(body: unknown): Message[] {
  if (!Array.isArray(body)) throw new RequestRefused("Unparsable", "body: expected a JSON list, got another value");
  return bounded(body).map(messageOf);
}

/** Attributes in headers, data in the body. */
function binaryEvent({ headers, body }: CollectRequest, contentType: string): Message {
  const attributes: Record<string, unknown> = {};
  let problem: string | undefined;
  for (const [header, value = ""] of Object.entries(headers)) {
    const name = /^ce-([a-z0-9]+)$/.exec(header)?.[1];
    if (name === undefined) continue;
    const text = headerAttribute(value);
    attributes[name] = text ?? value;
    if (text === undefined) problem ??= `${name}: expected percent-encoded UTF-8, got other bytes`;
  }
  if (contentType !== "") attributes.datacontenttype = contentType;
  return tracked(attributes, { properties: propertiesOf(plainBody(body), contentType), problem });
}

/** An event in JSON. */
function messageOf(event: unknown): Message {
  if (!isFields(event)) return { value: event, type: "track", shared: {} };
  const { data, data_base64: base64, ...attributes } = event;
  if (isNone(data) && !isNone(base64)) return tracked(attributes, encodedData(base64, event.datacontenttype));
  return tracked(attributes, { properties: data === undefined ? {} : asProperties(data) });
}

/** What an event has as data, and what is wrong with it. */
interface Data {
  readonly properties: Fields;
  readonly problem?: string | undefined;
}

/** Any data may be in base64: what it is says its type (CloudEvents, "JSON Event Format", 3.1). */
function encodedData(base64: unknown, contentType: unknown): Data {
  const properties = { data_base64: base64 };
  if (typeof base64 !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    return { properties, problem: "data_base64: expected base64, got another value" };
  }
  try {
    return { properties: propertiesOf(Buffer.from(base64, "base64"), isText(contentType) ? contentType : "") };
  } catch {
    return { properties, problem: "data_base64: expected JSON, which is its datacontenttype, got something else" };
  }
}

/** The properties that some bytes are: of JSON, a text, or what has to stay in base64. Throws RequestRefused. */
function propertiesOf(bytes: Buffer, contentType: string): Fields {
  if (bytes.length === 0) return {};
  if (jsonType.test(contentType)) return asProperties(jsonOf(bytes));
  if (contentType === "") {
    try {
      return asProperties(jsonOf(bytes));
    } catch {
      // Without a type it may be anything.
    }
  }
  return isUtf8(bytes) ? { data: bytes.toString("utf8") } : { data_base64: bytes.toString("base64") };
}

const asProperties = (data: unknown): Fields => (isFields(data) ? data : { data });

const required = ["id", "source", "type"] as const;

const isNone = (value: unknown): boolean => value === undefined || value === null;
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

function problemOf(event: Fields): string | undefined {
  if (event.specversion !== "1.0") return "specversion: expected 1.0, got another or none";
  const missing = required.find((name) => !isText(event[name]));
  return missing === undefined ? undefined : `${missing}: expected a text, got another value or none`;
}

/**
 * The track message of an event. Who did it is in the extension attributes `userid` and `anonymousid`, where the sender
 * sets them: `subject` is what the event is about, and that is a person only sometimes.
 */
function tracked(event: Fields, { properties, problem = problemOf(event) }: Data): Message {
  // The person is in one place only, where the privacy rules find it.
  const { userid, anonymousid, ...attributes } = event;
  const { id, source, type, time } = attributes;
  const value: Fields = {
    event: type,
    ...(isText(id) && isText(source) ? { messageId: messageIdOf(source, id) } : {}),
    ...(time === undefined ? {} : { timestamp: time }),
    ...named("userId", userid),
    ...named("anonymousId", anonymousid),
    properties,
    context: { cloudevent: Object.fromEntries(Object.entries(attributes).map(([name, one]) => [name, asText(one)])) },
  };
  return { value, type: "track", shared: {}, ...(problem === undefined ? {} : { problem }) };
}

/** An attribute may be an integer or a boolean in JSON, and is a text in a header (CloudEvents, "Type System"). */
const asText = (value: unknown): unknown => scalarText(value) ?? value;

const named = (name: "userId" | "anonymousId", value: unknown): Fields =>
  isText(value) || Number.isInteger(value) || isRawNumber(value) ? { [name]: asText(value) } : {};

/**
 * `source` and `id` together are what tells events apart (CloudEvents, "id"); hashed, for they may be of any length. Without
 * their escapes: a sender that does not encode headers means an escape in one as it stands, and has it as a text in JSON.
 */
function messageIdOf(source: string, id: string): string {
  return `ce-${createHash("sha256")
    .update(JSON.stringify([withoutEscapes(source), withoutEscapes(id)]))
    .digest("base64url")}`;
}

/** Escapes of escapes are taken apart so often; nobody has more. */
const escapesMax = 8;

/** A text percent-decoded as often as that changes it. */
function withoutEscapes(text: string): string {
  let plain = text;
  for (let round = 0; round < escapesMax && plain.includes("%"); round++) {
    try {
      plain = decodeURIComponent(plain);
    } catch {
      break;
    }
  }
  return plain;
}

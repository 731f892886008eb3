import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { Fields } from "../event/event.ts";
import { isFields } from "../event/fields.ts";
import { jsonBody, plainBody } from "./body.ts";
import { bounded, type Message } from "./message.ts";
import type { CollectRequest } from "./request.ts";
import { RequestRefused } from "./request-refused.ts";

const jsonType = /^(application|text)\/([\w.-]+\+)?json\b/i;

/**
 * The messages of a request with CloudEvents 1.0, in any of the three modes (CloudEvents, "HTTP Protocol Binding"). Throws
 * RequestRefused.
 */
export function cloudEventMessages(request: CollectRequest): Message[] {
  const contentType = request.headers["content-type"] ?? "";
  if (/^application\/cloudevents-batch\b/i.test(contentType)) return listed(jsonBody(request.body));
  if (/^application\/cloudevents\b/i.test(contentType)) return [messageOf(jsonBody(request.body))];
  if (request.headers["ce-specversion"] !== undefined) return [messageOf(binaryEvent(request, contentType))];
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
function binaryEvent({ headers, body }: CollectRequest, contentType: string): Fields {
  const attributes = Object.entries(headers)
    .filter(([name]) => /^ce-[a-z0-9]+$/.test(name))
    .map(([name, value = ""]): [string, string] => [name.slice(3), percentDecoded(value)]);
  const content = contentType === "" ? {} : { datacontenttype: contentType };
  return { ...Object.fromEntries(attributes), ...content, ...dataOf(body, contentType) };
}

/** Values are percent-encoded where HTTP would not carry them (same source, "HTTP Header Values"). */
function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function dataOf(body: Buffer, contentType: string): Fields {
  if (body.length === 0) return {};
  if (contentType === "" || jsonType.test(contentType)) return { data: jsonBody(body) };
  const plain = plainBody(body);
  return isUtf8(plain) ? { data: plain.toString("utf8") } : { data_base64: plain.toString("base64") };
}

const required = ["id", "source", "type"] as const;

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
function messageOf(event: unknown): Message {
  if (!isFields(event)) return { value: event, type: "track", shared: {} };
  // The person is in one place only, where the privacy rules find it.
  const { data, data_base64: base64, userid, anonymousid, ...attributes } = event;
  const { id, source, type, time } = attributes;
  const problem = problemOf(event);
  const value: Fields = {
    event: type,
    ...(isText(id) && isText(source) ? { messageId: messageIdOf(source, id) } : {}),
    ...(time === undefined ? {} : { timestamp: time }),
    ...named("userId", userid),
    ...named("anonymousId", anonymousid),
    properties: isFields(data)
      ? data
      : data !== undefined
        ? { data }
        : base64 !== undefined
          ? { data_base64: base64 }
          : {},
    context: { cloudevent: attributes },
  };
  return { value, type: "track", shared: {}, ...(problem === undefined ? {} : { problem }) };
}

/** A person; an attribute may be an integer in JSON, and is a text in a header (CloudEvents, "Type System"). */
const named = (name: "userId" | "anonymousId", value: unknown): Fields =>
  isText(value) || Number.isInteger(value) ? { [name]: String(value) } : {};

/** `source` and `id` together are what tells events apart (CloudEvents, "id"); hashed, for they may be of any length. */
function messageIdOf(source: string, id: string): string {
  return `ce-${createHash("sha256")
    .update(JSON.stringify([source, id]))
    .digest("base64url")}`;
}

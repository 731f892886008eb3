import { collectLimits } from "../limits.ts";
import type { EventType } from "../stream/event/event.ts";
import { type Fields, isFields } from "../stream/event/fields.ts";
import { isDeeperThan } from "./depth.ts";
import { RequestRefused } from "./request-refused.ts";

/** One message of a request, before anything was looked at. */
export interface Message {
  /** Should be an object. */
  readonly value: unknown;
  /** The type that the path says; nothing where the message itself has to. */
  readonly type?: EventType;
  /** What it shares with the other messages of its batch. */
  readonly shared: Fields;
  /** What is wrong with it beside what the door finds. */
  readonly problem?: string;
}

/** What the messages of a batch share (Segment documentation, "HTTP Tracking API", Batch). */
const sharedNames = ["context", "integrations", "sentAt"] as const;

/** The single message of a call such as `track`. Throws RequestRefused. */
export function singleMessage(type: EventType, body: unknown): Message[] {
  if (isFields(body)) return [{ value: body, type, shared: {} }];
  throw new RequestRefused("Unparsable", "body: expected a JSON object, got another value");
}

/** The messages of a batch. Throws RequestRefused. */
export function batchMessages(body: unknown): Message[] {
  const batch = isFields(body) ? body.batch : undefined;
  if (!isFields(body) || !Array.isArray(batch)) {
    throw new RequestRefused("Unparsable", "body: expected a JSON object with a list named batch, got none");
  }
  const shared: Fields = Object.fromEntries(sharedNames.map((name) => [name, body[name]]));
  checkShared(shared, bounded(batch).length);
  return batch.map((value: unknown) => ({ value, shared }));
}

/** What is shared is written into each event: a small body must not become a large one. */
function checkShared(shared: Fields, messages: number): void {
  if (isDeeperThan(shared, collectLimits.levelsMax)) {
    const expected = `at most ${collectLimits.levelsMax} levels of objects and lists`;
    throw new RequestRefused("Unparsable", `context, integrations: expected ${expected}, got more`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(shared)) * messages;
  if (bytes <= collectLimits.sharedBytesMax) return;
  const expected = `at most ${collectLimits.sharedBytesMax} bytes when written into every message`;
  throw new RequestRefused("TooLarge", `context, integrations: expected ${expected}, got ${bytes}`);
}

/** Throws RequestRefused where a request has more messages than it may. */
export function bounded<T>(values: readonly T[]): readonly T[] {
  if (values.length <= collectLimits.eventsMax) return values;
  throw new RequestRefused(
    "TooLarge",
    `batch: expected at most ${collectLimits.eventsMax} messages, got ${values.length}`,
  );
}

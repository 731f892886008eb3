import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import type { Fields } from "../event/event.ts";
import { parseTimestamp } from "../timestamp.ts";
import { isFields } from "./fields.ts";
import type { Message } from "./message.ts";
import { cutAddress } from "./privacy.ts";
import type { SourceSettings } from "./write-keys.ts";

/** Where and when a message came in. */
export interface Arrival {
  readonly receivedMs: number;
  readonly address: string;
}

/** Fields that are not the sender's to set: the key is a secret, and `millrace` is the collector's own. */
const takenAway = ["writeKey", "millrace"];

/**
 * The event of a message: with its type, a `messageId`, the source it belongs to, its time by our clock, and the sender's
 * address as far as it may be kept.
 */
export function stamped(own: Fields, { type, shared }: Message, source: SourceSettings, arrival: Arrival): Fields {
  const kept = Object.entries(own).filter(([name]) => !takenAway.includes(name));
  const integrations = merged(shared.integrations, own.integrations);
  return {
    // By definition, not assignment: a field named __proto__ stays a field.
    ...Object.fromEntries(kept),
    ...(type === undefined ? {} : { type }),
    ...(integrations === undefined ? {} : { integrations }),
    messageId: isGiven(own.messageId) ? own.messageId : `millrace-${randomUUID()}`,
    ...times(own, shared.sentAt, arrival.receivedMs),
    context: contextOf(merged(shared.context, own.context), source, arrival.address),
    source: source.name,
  };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

/** A message's own fields go before those of its batch. */
const merged = (shared: unknown, own: unknown): unknown =>
  isFields(shared) && (own === undefined || own === null || isFields(own)) ? { ...shared, ...own } : own;

const timeOf = (value: unknown): number => (typeof value === "string" ? parseTimestamp(value) : Number.NaN);

/**
 * The clock of a sender may be wrong, but it says how long before sending something happened: `timestamp = receivedAt -
 * (sentAt - originalTimestamp)` (Segment documentation, "Spec: Common fields", Timestamps). The `sentAt` of a batch goes
 * before that of a message, which an earlier attempt may have set. Without one the sender's time stands as it is. A time
 * that cannot be read stays there, for the roll-up to say so.
 */
function times(own: Fields, sharedSentAt: unknown, receivedMs: number): Fields {
  const receivedAt = new Date(receivedMs).toISOString();
  const sentAt = isGiven(sharedSentAt) ? sharedSentAt : own.sentAt;
  const originalTimestamp = isGiven(own.originalTimestamp) ? own.originalTimestamp : own.timestamp;
  const sent = isGiven(sentAt) ? { sentAt } : {};
  if (!isGiven(originalTimestamp)) return { ...sent, timestamp: receivedAt, receivedAt };
  const ageMs = timeOf(sentAt) - timeOf(originalTimestamp);
  const timestamp = Number.isNaN(ageMs) ? originalTimestamp : new Date(receivedMs - ageMs).toISOString();
  return { ...sent, timestamp, originalTimestamp, receivedAt };
}

/** The address is the one that the message says (a server speaks for somebody else), or else the sender's. */
function contextOf(context: unknown, { keepAddress }: SourceSettings, address: string): unknown {
  if (isGiven(context) && !isFields(context)) return context;
  const fields = isFields(context) ? context : {};
  const whole = typeof fields.ip === "string" && isIP(fields.ip) !== 0 ? fields.ip : address;
  const ip = keepAddress ? whole : cutAddress(whole);
  const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "ip"));
  return { ...rest, ...(ip === undefined ? {} : { ip }) };
}

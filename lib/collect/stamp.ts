import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import type { Fields } from "../event/event.ts";
import { isFields } from "../event/fields.ts";
import { parseTimestamp } from "../timestamp.ts";
import type { Message } from "./message.ts";
import { cutAddress } from "./privacy.ts";
import type { SourceSettings } from "./write-keys.ts";

/** Where and when the messages of a request came in, as their events say it. */
export interface Arrival {
  readonly receivedMs: number;
  readonly receivedAt: string;
  readonly address: string;
  /** Of the address; undefined where that is none. */
  readonly network: string | undefined;
}

export const arrivalOf = ({ receivedMs, address }: Pick<Arrival, "receivedMs" | "address">): Arrival => ({
  receivedMs,
  receivedAt: new Date(receivedMs).toISOString(),
  address,
  network: cutAddress(address),
});

/**
 * The event of a message: with its type, a `messageId`, the source it belongs to, its time by our clock, and the sender's
 * address as far as it may be kept.
 */
export function stamped(own: Fields, { type, shared }: Message, source: SourceSettings, arrival: Arrival): Fields {
  // Not the sender's to set: the key is a secret, and `millrace` is the collector's own.
  const { writeKey, millrace, ...kept } = own;
  // A copy, in which even __proto__ is a field like others: what is set in it here has other names.
  const event: Record<string, unknown> = kept;
  if (type !== undefined) event.type = type;
  const integrations = merged(shared.integrations, own.integrations);
  if (integrations !== undefined) event.integrations = integrations;
  if (!isGiven(own.messageId)) event.messageId = `millrace-${randomUUID()}`;
  setTimes(event, shared.sentAt, arrival);
  event.context = contextOf(merged(shared.context, own.context), source, arrival);
  event.source = source.name;
  return event;
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
function setTimes(event: Record<string, unknown>, sharedSentAt: unknown, { receivedMs, receivedAt }: Arrival): void {
  const sentAt = isGiven(sharedSentAt) ? sharedSentAt : event.sentAt;
  if (isGiven(sentAt)) event.sentAt = sentAt;
  const said = isGiven(event.originalTimestamp) ? event.originalTimestamp : event.timestamp;
  if (isGiven(said)) {
    const ageMs = timeOf(sentAt) - timeOf(said);
    event.timestamp = Number.isNaN(ageMs) ? said : new Date(receivedMs - ageMs).toISOString();
    event.originalTimestamp = said;
  } else {
    event.timestamp = receivedAt;
  }
  event.receivedAt = receivedAt;
}

/** The address is the one that the message says (a server speaks for somebody else), or else the sender's. */
function contextOf(context: unknown, { keepAddress }: SourceSettings, { address, network }: Arrival): unknown {
  if (isGiven(context) && !isFields(context)) return context;
  const { ip: said, ...rest } = isFields(context) ? context : {};
  const other = typeof said === "string" && isIP(said) !== 0 ? said : undefined;
  const ip = keepAddress ? (other ?? address) : other === undefined ? network : cutAddress(other);
  return ip === undefined ? rest : { ...rest, ip };
}

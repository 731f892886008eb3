import { randomUUID } from "node:crypto";
import { type Fields, isAbsent, isFields } from "../stream/event/fields.ts";
import { isTimeGiven, timestampMs } from "../time.ts";
import { firstAddress } from "./first-address.ts";
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
  // Not the sender's to set: the key is a secret, and `millrace` is the collector's own. The flat name of an address
  // would keep it whole.
  const { writeKey, millrace, "context.ip": flatAddress, ...kept } = own;
  // A copy, in which even __proto__ is a field like others: what is set in it here has other names.
  const event: Record<string, unknown> = kept;
  if (type !== undefined) event.type = type;
  const integrations = merged(shared.integrations, own.integrations);
  if (integrations !== undefined) event.integrations = integrations;
  if (isAbsent(own.messageId)) event.messageId = `millrace-${randomUUID()}`;
  setTimes(event, shared.sentAt, arrival);
  event.context = contextOf(merged(shared.context, own.context), flatAddress, source, arrival);
  event.source = source.name;
  return event;
}

/** A message's own fields go before those of its batch. */
const merged = (shared: unknown, own: unknown): unknown =>
  isFields(shared) && (own === undefined || own === null || isFields(own)) ? { ...shared, ...own } : own;

/** Nothing is sent at the first moment of 1970: that is what a variable without a time becomes in Java, PHP and protobuf. */
const isSentGiven = (value: unknown): boolean => isTimeGiven(value) && timestampMs(value) !== 0;

/**
 * The clock of a sender may be wrong, but it says how long before sending something happened: `timestamp = receivedAt -
 * (sentAt - the sender's time)` (Segment documentation, "Spec: Common fields", Timestamps). Segment's clients have that time
 * in `timestamp`; RudderStack's have it in `originalTimestamp`, but the one for Node has the time of the call there and one
 * that the caller gave in `timestamp`, which goes before it. The `sentAt` of a batch goes before that of a message, which an
 * earlier attempt may have set. Without one the sender's time stands as it is. A time that cannot be read stays there, for
 * the roll-up to say so.
 */
function setTimes(event: Record<string, unknown>, sharedSentAt: unknown, { receivedMs, receivedAt }: Arrival): void {
  const sentAt = [sharedSentAt, event.sentAt].find(isSentGiven);
  if (sentAt !== undefined) event.sentAt = sentAt;
  const said = [event.timestamp, event.originalTimestamp].find(isTimeGiven);
  const ageMs = timestampMs(sentAt) - timestampMs(said);
  if (said === undefined) event.timestamp = receivedAt;
  else event.timestamp = Number.isNaN(ageMs) ? said : new Date(receivedMs - ageMs).toISOString();
  if (said !== undefined && !isTimeGiven(event.originalTimestamp)) event.originalTimestamp = said;
  event.receivedAt = receivedAt;
}

/** The context with the address as it may be kept: what the message says in it or under the flat name, else the sender's. */
function contextOf(context: unknown, flat: unknown, { keepAddress }: SourceSettings, arrival: Arrival): unknown {
  if (!isAbsent(context) && !isFields(context)) return context;
  const { ip: nested, ...rest } = isFields(context) ? context : {};
  const said = isAbsent(nested) ? flat : nested;
  const ip = isAbsent(said) ? ownAddress(keepAddress, arrival) : saidAddress(said, keepAddress);
  return ip === undefined ? rest : { ...rest, ip };
}

const ownAddress = (keepAddress: boolean, { address, network }: Arrival): string | undefined =>
  keepAddress ? address : network;

/** What the message says goes before the sender's address, even where it is none: the sender may be a server of many people. */
function saidAddress(said: unknown, keepAddress: boolean): string | undefined {
  const address = firstAddress(said);
  return address === undefined || keepAddress ? address : cutAddress(address);
}

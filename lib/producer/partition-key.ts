import { scalarText } from "../stream/event/fields.ts";

/** Characters a partition key may have (Kinesis API reference, "PutRecordsRequestEntry"). */
const charactersMax = 256;

/**
 * Key of events that name neither a person nor themselves. They will end in quarantine: one place is as good as
 * another.
 */
const nobody = "nobody";

const nameOf = (value: unknown): string | undefined => (typeof value === "boolean" ? undefined : scalarText(value));

/**
 * The partition key of an event is the person: `userId`, else `anonymousId`, else (nobody known) its own `messageId`.
 * Cut to what Kinesis takes; counted in UTF-16 units, which is never more characters than Kinesis allows.
 */
export function partitionKey(event: Readonly<Record<string, unknown>>): string {
  const { userId, anonymousId, messageId } = event;
  const key = nameOf(userId) ?? nameOf(anonymousId) ?? nameOf(messageId) ?? nobody;
  const cut = key.length > charactersMax ? key.slice(0, charactersMax) : key;
  return cut.isWellFormed() ? cut : cut.toWellFormed();
}

import { collectLimits } from "../limits.ts";
import { isFields } from "../stream/event/fields.ts";
import type { Message } from "./message.ts";
import type { CollectRequest } from "./request.ts";
import { RequestRefused } from "./request-refused.ts";
import { basicKey, writeKeyOf } from "./write-key.ts";
import type { SourceSettings, WriteKeys } from "./write-keys.ts";

/** Whose events a request has. */
export interface Sender {
  /** What the request's key belongs to. */
  readonly source: SourceSettings;
  /** What a message belongs to, which may have a key of its own; nothing where that key is unknown. */
  readonly sourceOf: (message: Message) => SourceSettings | undefined;
}

const ownKey = ({ value }: Message): string | undefined => (isFields(value) ? writeKeyOf(value.writeKey) : undefined);

/** Looks up each key once, and no more different ones than a request may have. */
async function lookUp(keys: Iterable<string>, writeKeys: WriteKeys): Promise<Map<string, SourceSettings>> {
  const found = new Map<string, SourceSettings>();
  for (const key of [...new Set(keys)].slice(0, collectLimits.writeKeysMax)) {
    const source = await sourceOf(key, writeKeys);
    if (source !== undefined) found.set(key, source);
  }
  return found;
}

/**
 * The source of a key. Throws RequestRefused where the keys cannot be read, or may have changed since they were: the client
 * may come again.
 */
export async function sourceOf(key: string, writeKeys: WriteKeys): Promise<SourceSettings | undefined> {
  const owner = await writeKeys.sourceOf(key).catch((cause: unknown) => {
    throw new RequestRefused("KeysUnavailable", "the write keys cannot be read now", { cause });
  });
  if (owner !== "unsettled") return owner;
  throw new RequestRefused("KeyUnsettled", "the write key is not known yet: send the same again");
}

/**
 * Who sends a request: by the key in the header, else in the query, else in the body, else in the messages, as
 * analytics.js puts it there. A key in the header or the query goes for all messages; a key of a message goes before that
 * of its batch. Throws RequestRefused where no known key is there.
 */
export async function senderOf(
  { headers, query }: CollectRequest,
  bodyKey: unknown,
  messages: readonly Message[],
  writeKeys: WriteKeys,
): Promise<Sender> {
  const outer = basicKey(headers.authorization) ?? writeKeyOf(query.get("writeKey"));
  if (outer !== undefined) {
    const source = await sourceOf(outer, writeKeys);
    if (source === undefined) throw unauthorized();
    return { source, sourceOf: () => source };
  }
  const shared = writeKeyOf(bodyKey);
  const own = messages.map(ownKey).filter((key) => key !== undefined);
  const sources = await lookUp(shared === undefined ? own : [shared, ...own], writeKeys);
  const [first] = sources.values();
  const source = shared === undefined ? first : sources.get(shared);
  if (source === undefined) throw unauthorized();
  return {
    source,
    sourceOf: (message) => {
      const key = ownKey(message);
      return key === undefined ? source : sources.get(key);
    },
  };
}

const unauthorized = (): RequestRefused =>
  new RequestRefused(
    "Unauthorized",
    "expected a write key as the user of Basic authentication or as writeKey, got an unknown one or none",
  );

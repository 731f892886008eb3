import { isUtf8 } from "node:buffer";
import { recordLimits } from "../limits.ts";
import { isProblem, type Problem, problem } from "../problem.ts";
import { brokenCompressionBytes, decompress, FrameCount } from "./compression.ts";
import { type HashRange, ownedBy } from "./hash-range.ts";
import { isOneObject, splitJsonArray } from "./json-text.ts";
import { deaggregate, isAggregated } from "./kpl.ts";

/** The events of a record, each as the text of what should be one JSON object, or why there is none. */
export interface Unpacked {
  readonly texts: readonly (string | Problem)[];
  /** Bytes after decompression, and what the set-ups for it and broken user records are taken to have cost. */
  readonly bytes: number;
  /**
   * Places of events that are another shard's: after a split the KPL sends them to it once more, as it does with all
   * user records that came into a shard whose hash keys theirs are not among. Consumers leave them out, as the KCL does.
   */
  readonly strays?: ReadonlySet<number>;
}

const openingBrace = 0x7b;
const openingBracket = 0x5b;

/**
 * Takes a Kinesis record's data apart: one JSON object, a JSON array, NDJSON, or a KPL aggregated record of these, each
 * optionally compressed. A problem is one of the record as a whole; it then counts as one event. Strays are only looked for
 * where the hash keys of the shard are given.
 */
export function unpack(data: Buffer, shardKeys?: HashRange): Unpacked | Problem {
  if (data.length > recordLimits.storedBytesMax) {
    return problem(
      "too-large",
      `expected a record of at most ${recordLimits.storedBytesMax} bytes, got ${data.length}`,
    );
  }
  // Most records: neither compressed nor aggregated begins so.
  if (data[0] === openingBrace || data[0] === openingBracket) return textsOf(data);
  const frames = new FrameCount();
  const plain = decompress(data, recordLimits.unpackedBytesMax, frames);
  if (isProblem(plain)) return plain;
  if (!isAggregated(plain)) {
    const unpacked = textsOf(plain);
    return isProblem(unpacked) ? unpacked : { ...unpacked, bytes: plain.length + frames.bytes };
  }
  const users = deaggregate(plain, recordLimits.eventsMax);
  if (isProblem(users)) return users;
  const texts: (string | Problem)[] = [];
  const strays = new Set<number>();
  const isOwn = shardKeys === undefined ? undefined : ownedBy(shardKeys);
  let bytes = plain.length;
  for (const { data: user, hashKey } of users) {
    const first = texts.length;
    const userPlain = decompress(user, recordLimits.unpackedBytesMax - bytes + user.length, frames);
    const unpacked = isProblem(userPlain) ? userPlain : textsOf(userPlain);
    if (isProblem(unpacked) && unpacked.reason === "too-large") return unpacked;
    if (isProblem(unpacked)) texts.push(unpacked);
    else texts.push(...unpacked.texts);
    bytes += isProblem(userPlain) ? brokenCompressionBytes : userPlain.length - user.length;
    if (texts.length > recordLimits.eventsMax) return tooMany;
    if (isOwn === undefined) continue;
    const key = hashKey();
    if (key !== undefined && !isOwn(key)) for (let place = first; place < texts.length; place++) strays.add(place);
  }
  return { texts, bytes: bytes + frames.bytes, ...(strays.size > 0 ? { strays } : {}) };
}

const tooMany = problem("too-large", `expected at most ${recordLimits.eventsMax} events in a record, got more`);

function textsOf(plain: Buffer): Unpacked | Problem {
  if (plain.length === 0) return problem("unreadable", "expected JSON, got an empty record");
  if (!isUtf8(plain)) return problem("unreadable", "expected JSON in UTF-8, got other bytes");
  const text = plain
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trim();
  const texts = text.startsWith("[") ? splitJsonArray(text, recordLimits.eventsMax) : lines(text);
  if (texts === undefined) return problem("unreadable", "expected a JSON array, got a broken one");
  if (texts.length > recordLimits.eventsMax) return tooMany;
  return { texts, bytes: plain.length };
}

/** The lines of NDJSON; all of the text where it is one object, on one line or on many. */
function lines(text: string): string[] {
  const firstEnd = text.indexOf("\n");
  if (firstEnd === -1) return [text];
  if (!isBetweenObjects(text, firstEnd) && isOneObject(text)) return [text];
  const found: string[] = [];
  for (let start = 0; start < text.length && found.length <= recordLimits.eventsMax; ) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    if (line.trim() !== "") found.push(line);
    start = end + 1;
  }
  return found;
}

/** `}`, a line's end and `{` stand in no single object: true for nearly all NDJSON, at its first line. */
const isBetweenObjects = (text: string, newline: number): boolean =>
  text.slice(0, newline).trimEnd().endsWith("}") && text.slice(newline).trimStart().startsWith("{");

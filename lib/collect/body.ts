import { isUtf8 } from "node:buffer";
import { collectLimits } from "../limits.ts";
import { isProblem } from "../problem.ts";
import { decompress } from "../stream/compression.ts";
import { parseJsonToWrite } from "../stream/event/json.ts";
import { RequestRefused } from "./request-refused.ts";

/** In the units that the settings of clients have. */
const tooLarge = (what: "as sent" | "unpacked"): RequestRefused =>
  new RequestRefused(
    "TooLarge",
    `body: expected at most ${collectLimits.bodyBytesMax} bytes (4 MB) ${what}, got more: send smaller batches`,
  );

const unparsable = (got: string): RequestRefused => new RequestRefused("Unparsable", `body: expected JSON, got ${got}`);

/** How gzip and zstd begin when their bytes were taken for UTF-8: each that is none became U+FFFD, for good. */
const destroyedBeginnings = [
  Buffer.from([0x1f, 0x8b, 0x08]).toString("utf8"),
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd]).toString("utf8"),
].map((text) => Buffer.from(text, "utf8"));

const isDestroyed = (body: Buffer): boolean =>
  destroyedBeginnings.some((beginning) => body.subarray(0, beginning.length).equals(beginning));

const destroyed = (): RequestRefused =>
  new RequestRefused(
    "CompressionDestroyed",
    "body: expected gzip or zstd, got a text that it was made into on the way, as API Gateway may do with Content-Type " +
      "application/json or text: switch compression off in the client (gzip: false in RudderStack's Node SDK, gzip=False in " +
      "the Python SDKs, compress_request: false in the PHP SDK), or send Content-Type: application/octet-stream",
  );

/**
 * The bytes of a body, decompressed where they are gzip or zstd. By the bytes and not by `Content-Encoding`: some clients
 * leave it out, and some proxies leave it in. What unpacks to more than may be is cut off while it unpacks. Throws
 * RequestRefused.
 */
export function plainBody(body: Buffer): Buffer {
  if (body.length > collectLimits.bodyBytesMax) throw tooLarge("as sent");
  if (isDestroyed(body)) throw destroyed();
  const plain = decompress(body, collectLimits.bodyBytesMax);
  if (!isProblem(plain)) return plain;
  throw plain.reason === "too-large" ? tooLarge("unpacked") : unparsable("broken compression");
}

/**
 * The value of a body of JSON, whatever its content type says: browsers send text/plain, for which no preflight is
 * needed. Throws RequestRefused.
 */
export const jsonBody = (body: Buffer): unknown => jsonOf(plainBody(body));

/** The value of bytes of JSON that are not compressed. Throws RequestRefused. */
export function jsonOf(plain: Buffer): unknown {
  if (plain.length === 0) throw unparsable("nothing");
  if (!isUtf8(plain)) throw unparsable("bytes that are no UTF-8");
  try {
    return parseJsonToWrite(withoutMark(plain.toString("utf8")));
  } catch {
    throw unparsable("something else or broken JSON");
  }
}

/** A byte order mark is no JSON, and some clients send one. */
const withoutMark = (text: string): string => (text.startsWith("\ufeff") ? text.slice(1) : text);

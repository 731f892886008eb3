import { isUtf8 } from "node:buffer";
import { Transform } from "node:stream";

const [lineFeed, carriageReturn] = [0x0a, 0x0d];
/** A longer line is not kept in memory; its reader refuses it by its length. */
const lineBytesMax = 1024 * 1024;

/** Names of encodings that people use, for what the decoder calls them otherwise. */
const aliases: Readonly<Record<string, string>> = { utf8: "utf-8", utf16: "utf-16le" };

/** The name of an encoding as the decoder has it; undefined for an unknown one. */
export function encodingOf(text: string): string | undefined {
  try {
    return new TextDecoder(aliases[text.toLowerCase()] ?? text).encoding;
  } catch {
    return undefined;
  }
}

/**
 * The encoding of a text by its first bytes: by its byte order mark, else UTF-8, unless the bytes that are no ASCII make no
 * single character of UTF-8: then they are each a character, as in Latin-1.
 */
export function guessedEncoding(sample: Buffer): string {
  if (sample[0] === 0xff && sample[1] === 0xfe) return "utf-16le";
  if (sample[0] === 0xfe && sample[1] === 0xff) return "utf-16be";
  // As Latin-1, a character of UTF-8 is one of C2 to F4 and then as many of 80 to BF as it says.
  const text = sample.toString("latin1");
  const characters =
    /[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}|[\u00f0-\u00f4][\u0080-\u00bf]{3}/;
  return /[\u0080-\u00ff]/.test(text) && !characters.test(text) ? "windows-1252" : "utf-8";
}

/** A sample of a text. What its end cuts off is left out. */
export const sampleText = (sample: Buffer, encoding: string): string =>
  new TextDecoder(encoding).decode(sample, { stream: true });

/** Makes UTF-8 of the bytes of a text. Fails at the first byte that is not of the encoding, with its line. */
export function decoder(encoding: string): Transform {
  return encoding === "utf-8" ? new Utf8Check() : transcoder(encoding);
}

function transcoder(encoding: string): Transform {
  const text = new TextDecoder(encoding);
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, Buffer.from(text.decode(chunk, { stream: true }))),
    flush: (done) => done(null, Buffer.from(text.decode())),
  });
}

/** Lets whole lines of UTF-8 through. A lone carriage return ends a line where there is no line feed. */
class Utf8Check extends Transform {
  #rest: Buffer = Buffer.alloc(0);
  #lines = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lastFeed = bytes.lastIndexOf(lineFeed);
    const end = (lastFeed === -1 ? bytes.lastIndexOf(carriageReturn) : lastFeed) + 1;
    this.#rest = bytes.subarray(end);
    const error = this.#take(bytes.subarray(0, end));
    if (error === null && this.#rest.length > lineBytesMax) {
      this.push(this.#rest);
      this.#rest = Buffer.alloc(0);
    }
    done(error);
  }

  override _flush(done: (error: Error | null) => void): void {
    done(this.#take(this.#rest));
  }

  #take(lines: Buffer): Error | null {
    if (!isUtf8(lines)) return new Error(notUtf8(this.#lines + lineOfFirst(lines)));
    this.#lines += countOf(lines, lines.includes(lineFeed) ? lineFeed : carriageReturn);
    if (lines.length > 0) this.push(lines);
    return null;
  }
}

const notUtf8 = (line: number): string =>
  `line ${line}: expected UTF-8, got other bytes. Say in which encoding the file is, such as --encoding latin1`;

/** The first line that is no UTF-8, from 1. */
function lineOfFirst(lines: Buffer): number {
  const end = lines.includes(lineFeed) ? lineFeed : carriageReturn;
  let line = 1;
  for (let start = 0; start < lines.length; line++) {
    const next = lines.indexOf(end, start);
    const stop = next === -1 ? lines.length : next + 1;
    if (!isUtf8(lines.subarray(start, stop))) return line;
    start = stop;
  }
  return line;
}

function countOf(bytes: Buffer, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

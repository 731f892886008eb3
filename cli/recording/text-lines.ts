import type { BadRow } from "./recorded-event.ts";

export interface TextLine {
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

const newline = 0x0a;

/**
 * The lines of a text in UTF-8, in groups as they come in; blank ones are left out. A line over `lineBytesMax` is
 * reported and not kept in memory.
 */
export async function* textLines(
  chunks: AsyncIterable<Buffer>,
  lineBytesMax: number,
  bad: (row: BadRow) => void,
): AsyncGenerator<TextLine[]> {
  let line = 0;
  let rest = Buffer.alloc(0);
  let skipping = false;
  const take = (bytes: Buffer, into: TextLine[]): void => {
    line++;
    if (skipping || bytes.length > lineBytesMax)
      bad({ line, reason: `expected a line of at most ${lineBytesMax} bytes, got more` });
    else {
      const text = bytes.toString("utf8").trim();
      // trim() takes the byte order mark too.
      if (text !== "") into.push({ text, line });
    }
    skipping = false;
  };
  for await (const chunk of chunks) {
    const lines: TextLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const bytes = chunk.subarray(start, end);
      take(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]), lines);
      rest = Buffer.alloc(0);
      start = end + 1;
    }
    if (start < chunk.length) rest = Buffer.concat([rest, chunk.subarray(start)]);
    if (rest.length > lineBytesMax) {
      skipping = true;
      rest = Buffer.alloc(0);
    }
    yield lines;
  }
  const lines: TextLine[] = [];
  if (rest.length > 0 || skipping) take(rest, lines);
  yield lines;
}

import { stringEnd } from "./json-array.ts";

/**
 * Whether the text is a single object by its brackets and strings, on however many lines. Nothing is parsed: the text
 * may be far larger than an event may be, and the parsed value larger still.
 */
export function isOneObject(text: string): boolean {
  let depth = 0;
  let newline = -1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22 /* " */) {
      if (newline < index) newline = nextNewline(text, index);
      index = stringEnd(text, index);
      // No string of JSON goes over a line's end: this one was never closed.
      if (index >= newline) return false;
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) {
      depth++;
    } else if (code === 0x7d /* } */ || code === 0x5d /* ] */) {
      depth--;
      if (depth <= 0) return depth === 0 && index === text.length - 1;
    } else if (depth === 0) {
      return false;
    }
  }
  return false;
}

function nextNewline(text: string, start: number): number {
  const index = text.indexOf("\n", start);
  return index === -1 ? text.length : index;
}

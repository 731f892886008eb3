/**
 * Cuts the text of a JSON array into the texts of its elements, without parsing them, so that each is measured and
 * parsed by itself and a broken one spoils none of the others. Stops after `elementsMax + 1` elements. Undefined where
 * brackets and strings do not add up to one array.
 */
export function splitJsonArray(text: string, elementsMax: number): string[] | undefined {
  const elements: string[] = [];
  const end = text.trimEnd().length - 1;
  if (text[0] !== "[" || text[end] !== "]") return undefined;
  let depth = 0;
  let start = 1;
  for (let index = 1; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22 /* " */) {
      index = stringEnd(text, index);
      if (index >= end) return undefined;
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) {
      depth++;
    } else if (code === 0x7d /* } */ || code === 0x5d /* ] */) {
      depth--;
      if (depth < 0) return undefined;
    } else if (code === 0x2c /* , */ && depth === 0) {
      elements.push(text.slice(start, index));
      if (elements.length > elementsMax) return elements;
      start = index + 1;
    }
  }
  if (depth !== 0) return undefined;
  const last = text.slice(start, end);
  // "[]" has no element; "[1,]" has a second one, empty, which is no JSON.
  if (elements.length > 0 || last.trim() !== "") elements.push(last);
  return elements;
}

/** The index of the quote that closes the string opened at `start`, or Infinity. */
export function stringEnd(text: string, start: number): number {
  let index = start;
  do {
    index = text.indexOf('"', index + 1);
    if (index === -1) return Number.POSITIVE_INFINITY;
  } while (isEscaped(text, index));
  return index;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

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

/** A number of JSON as its text says it: JSON.stringify writes it so again. See MDN, JSON.rawJSON. */
export interface RawNumber {
  readonly rawJSON: string;
}

/** What TypeScript does not know of yet, nor Node 20, on which a producer may run: it parses nothing. */
const json = JSON as typeof JSON & {
  readonly rawJSON: (text: string) => RawNumber;
  readonly isRawJSON?: (value: unknown) => value is RawNumber;
};

/** Whether a value is a number that `parseJson` left as its text. */
export const isRawNumber = (value: unknown): value is RawNumber => json.isRawJSON?.(value) === true;

// Before anything else is done: nearly no text has such a number. May find one in a string, too.
const wholeNumber = /[\s:,[]-?\d{16}/;
const wholeOrHuge = /[\s:,[]-?\d(?:\d{15}|[\d.]*[eE]\+?\d{3})/;
const numbers = /(?<=[\s:,[])-?\d[\d.eE+-]{2,}(?=[\s,\]}])/g;
const stringsAndNumbers = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const whole = /^-?\d+$/;

/**
 * The value of a text of JSON, in which whole numbers that a double does not hold (from 2^53 on) keep their digits, as
 * RawNumbers: they are usually ids. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return wholeNumber.test(text) ? withRawNumbers(value, text) : value;
}

/** The same for a value that will be written again: also keeps numbers past the largest double, for JSON has no Infinity. */
export function parseJsonToWrite(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return wholeOrHuge.test(text) ? withRawNumbers(value, text) : value;
}

const isLossy = (number: number, source: string): boolean =>
  !Number.isFinite(number) || (!Number.isSafeInteger(number) && whole.test(source));

/**
 * Parses the text once more, with such numbers as strings, and puts them where the value has numbers. A reviver that is
 * given the source takes longer, and has no stack for a value that is very deep.
 */
function withRawNumbers(value: unknown, text: string): unknown {
  const strings = withStrings(text);
  if (strings !== undefined) setRawNumbers(value, strings);
  return value;
}

/** The value with strings in place of numbers that a double cannot hold; undefined if it has no such number. */
function withStrings(text: string): unknown {
  let found = false;
  const quoted = (token: string): string => {
    if (token.startsWith('"') || !isLossy(Number(token), token)) return token;
    found = true;
    return `"${token}"`;
  };
  const likely = text.replace(numbers, quoted);
  if (!found) return undefined;
  try {
    return JSON.parse(likely);
  } catch {
    // What looked like a number was in a string, which the quotes broke: tell strings and numbers apart, which takes longer.
    found = false;
    const sure = text.replace(stringsAndNumbers, quoted);
    return found ? JSON.parse(sure) : undefined;
  }
}

type Values = Record<string, unknown>;

/** Two values of the same shape, walked without a stack. */
function setRawNumbers(value: unknown, strings: unknown): void {
  const pairs: [Values, Values][] = [[value as Values, strings as Values]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [own, other] = pair;
    for (const name of Object.keys(own)) {
      const [here, there] = [own[name], other[name]];
      if (typeof here === "number" && typeof there === "string") own[name] = json.rawJSON(there);
      else if (typeof here === "object" && here !== null) pairs.push([here as Values, there as Values]);
    }
  }
}

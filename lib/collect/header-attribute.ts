/** A quoted string, as older versions of the specification have values with spaces (RFC 7230, section 3.2.6). */
const quoted = /^"((?:[^"\\]|\\.)*)"$/s;
/** What an encoder never leaves: a letter beyond ASCII, and a percent sign that is no escape. */
const unencoded = /[\u0080-\uffff]|%(?![0-9a-f]{2})/i;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The value of an attribute in a header (CloudEvents 1.0.2, "HTTP Protocol Binding", 3.1.3.2): without its quotes, then
 * percent-decoded once. Several SDKs (Go, Java, JavaScript) encode nothing: a value that an encoder could not have made is
 * taken as it is. Undefined where escapes are no valid UTF-8, which must be refused.
 */
export function headerAttribute(header: string): string | undefined {
  const text = asUtf8(header);
  const value = quoted.exec(text)?.[1]?.replace(/\\(.)/gs, "$1") ?? text;
  if (unencoded.test(value)) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/**
 * A header has bytes, which Node gives as Latin-1. Whether API Gateway gives them so, or as the UTF-8 that they are, is not
 * documented: text that is no valid UTF-8 as bytes stands as it is.
 */
function asUtf8(header: string): string {
  if (/[\u0100-\uffff]/.test(header)) return header;
  try {
    return utf8.decode(Buffer.from(header, "latin1"));
  } catch {
    return header;
  }
}

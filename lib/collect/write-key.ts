/** Characters of a write key; what is longer is none. */
const charactersMax = 256;

const basic = /^basic +([\w+/-]+=*) *$/i;

/** A write key, as long as it may be one. */
export const writeKeyOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" && value.length <= charactersMax ? value : undefined;

/** The write key in the header of Basic authentication: the user's name, and no password after it. */
export function basicKey(authorization: string | undefined): string | undefined {
  const encoded = basic.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  return writeKeyOf(Buffer.from(encoded, "base64").toString("utf8").split(":", 1)[0]);
}

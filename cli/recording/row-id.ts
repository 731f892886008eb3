import { hash } from "node:crypto";

/** Hexadecimal digits of the row's hash in its id. */
const hashDigits = 10;

/**
 * The message id of a row: its line makes it unique in its file (a row that is repeated word for word is another
 * event), the hash of its content makes it another one in another file. Replaying the same file gives the same ids.
 */
export function rowId(mapping: string, line: number, row: readonly string[]): string {
  return `${mapping}-${line}-${hash("md5", row.join("\u001f"), "hex").slice(0, hashDigits)}`;
}

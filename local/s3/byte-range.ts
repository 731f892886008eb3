import { S3Error } from "./s3-error.ts";

/** Both ends are inclusive. */
export type ByteRange = { readonly first: number; readonly last: number };

/**
 * The part of `size_bytes` that a Range header asks for. Nothing where there is no header, or one that S3 answers
 * with the whole object: several ranges, or one that is not understood (RFC 9110, section 14.2). Throws
 * {@link S3Error} where no byte is in the range.
 */
export function byteRange(header: string | undefined, size_bytes: number): ByteRange | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
  const first = from === "" ? Math.max(0, size_bytes - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size_bytes - 1 : Math.min(Number(to), size_bytes - 1);
  if (first <= last) return { first, last };
  throw new S3Error("InvalidRange", `The requested range is not satisfiable: ${header} of ${size_bytes} bytes`);
}

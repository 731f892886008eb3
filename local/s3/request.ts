import type { HttpRequest } from "../endpoint/http-message.ts";
import { S3Error } from "./s3-error.ts";

/** What a request is about. */
export type S3Target = {
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: URLSearchParams;
};

const keyBytesMax = 1024;

/** Hosts below which a bucket's name may stand (Amazon S3 user guide, Virtual hosting of buckets), and those of this machine. */
const virtualHost = /^(.+)\.(?:s3(?:[.-].*)?|127\.0\.0\.1|localhost)$/;

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    const error = new S3Error("InvalidURI", `Couldn't parse the specified URI: ${part}`);
    error.cause = cause;
    throw error;
  }
}

/** Throws {@link S3Error} for what is no key: over 1,024 bytes of UTF-8 (Amazon S3 user guide, Naming objects), or no Unicode. */
export function checkKey(key: string): void {
  if (!key.isWellFormed()) throw new S3Error("InvalidArgument", `The key is not Unicode: ${JSON.stringify(key)}`);
  if (Buffer.byteLength(key) > keyBytesMax) throw new S3Error("KeyTooLongError", "Your key is too long");
}

/**
 * Reads bucket and key from path and Host header, in path style or virtual-host style. The path is taken as it is:
 * `..` and `//` are parts of keys. Throws {@link S3Error}.
 */
export function s3Target({ url, headers }: Pick<HttpRequest, "url" | "headers">): S3Target {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  const hostBucket = virtualHost.exec(host)?.[1];
  const rest = path.replace(/^\//, "");
  const slash = rest.indexOf("/");
  const pathBucket = slash < 0 ? rest : rest.slice(0, slash);
  const pathKey = slash < 0 ? "" : rest.slice(slash + 1);
  const bucket = hostBucket ?? decoded(pathBucket);
  const key = decoded(hostBucket === undefined ? pathKey : rest);
  checkKey(key);
  return { bucket: bucket === "" ? undefined : bucket, key: key === "" ? undefined : key, query };
}

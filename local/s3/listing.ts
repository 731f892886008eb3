import { compareKeys, firstAfter } from "./key-order.ts";

export type ListingRequest = {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** At most this many keys and common prefixes together. */
  readonly keysMax: number;
  /** Only what comes after this key, or after everything below this common prefix. */
  readonly after?: { readonly key: string } | { readonly commonPrefix: string };
};

export type Listing = {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  /** Where the next page begins, if there is one. */
  readonly next: ListingRequest["after"];
};

/** Keys that begin alike stand together, so this is the index after the last that begins with `prefix`. */
function indexAfter(sorted: readonly string[], prefix: string): number {
  return firstAfter(sorted, (key) => compareKeys(key, prefix) < 0 || key.startsWith(prefix));
}

function start(sorted: readonly string[], { prefix, after }: ListingRequest): number {
  const first = firstAfter(sorted, (key) => compareKeys(key, prefix) < 0);
  if (after === undefined) return first;
  if ("commonPrefix" in after) return Math.max(first, indexAfter(sorted, after.commonPrefix));
  return Math.max(
    first,
    firstAfter(sorted, (key) => compareKeys(key, after.key) <= 0),
  );
}

function commonPrefix(key: string, { prefix, delimiter }: ListingRequest): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** One page of keys (Amazon S3 API reference, ListObjectsV2). `sorted` is in UTF-8 binary order. */
export function listing(sorted: readonly string[], request: ListingRequest): Listing {
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let next: ListingRequest["after"];
  let at = start(sorted, request);
  for (;;) {
    const key = sorted[at];
    if (key === undefined || !key.startsWith(request.prefix)) return { keys, commonPrefixes, next: undefined };
    if (keys.length + commonPrefixes.length >= request.keysMax) return { keys, commonPrefixes, next };
    const common = commonPrefix(key, request);
    if (common === undefined) {
      keys.push(key);
      next = { key };
      at += 1;
    } else {
      commonPrefixes.push(common);
      next = { commonPrefix: common };
      at = indexAfter(sorted, common);
    }
  }
}

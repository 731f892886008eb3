/** Keys in UTF-8 binary order (Amazon S3 API reference, ListObjectsV2), which is not the order of JavaScript strings. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** UTF-16 puts the code points from U+10000, as surrogates, before U+E000 to U+FFFF. UTF-8 puts them last. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** The first index at which `before` no longer holds; it has to hold for every earlier one. */
export function firstAfter(sorted: readonly string[], before: (key: string) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(sorted[middle] ?? "")) low = middle + 1;
    else high = middle;
  }
  return low;
}

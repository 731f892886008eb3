/** Whether a line fits. */
export type Filter = (message: string) => boolean;

/**
 * A filter of terms (CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters, filter
 * log events, and Live Tail"): all of those without a sign, none of those with `-`, and one of those with `?`.
 * Undefined for the patterns of JSON, of columns and of regular expressions.
 */
export function filterOf(pattern: string): Filter | undefined {
  if (/^\s*[{[]|%/.test(pattern)) return undefined;
  const terms = [...pattern.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, quoted, word]) => ({
    sign,
    text: quoted?.replaceAll(/\\(.)/g, "$1") ?? word ?? "",
  }));
  const having = (sign: string): string[] => terms.filter((term) => term.sign === sign).map(({ text }) => text);
  const [all, none, some] = [having(""), having("-"), having("?")];
  return (message) =>
    all.every((text) => message.includes(text)) &&
    !none.some((text) => message.includes(text)) &&
    (some.length === 0 || some.some((text) => message.includes(text)));
}

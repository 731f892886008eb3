/** What separates columns, the likeliest first. */
const candidates = [",", ";", "\t", "|"] as const;
/** Rows of a sample that are looked at. */
const rowsMax = 20;

/** The delimiter of a table, by the beginning of its text: what is in the header most often, and in each row as often. */
export function guessedDelimiter(text: string): string {
  // Of a text in quotes nothing is a delimiter or a line's end.
  const lines = text.replace(/"[^"]*"/g, "x").split(/\r\n|\n|\r/);
  // The last line of a sample may be cut off.
  const rows = (lines.length > 1 ? lines.slice(0, -1) : lines).filter((line) => line.trim() !== "").slice(0, rowsMax);
  let best: { delimiter: string; score: number } = { delimiter: ",", score: 0 };
  for (const delimiter of candidates) {
    const [head = 0, ...others] = rows.map((row) => row.split(delimiter).length - 1);
    const score = others.every((count) => count === head) ? head : head / 10;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** As an error shows it. */
export const delimiterInWords = (delimiter: string): string => (delimiter === "\t" ? "tab" : JSON.stringify(delimiter));

/** A delimiter as a person says it; undefined where it is none. */
export function delimiterOf(text: string): string | undefined {
  const named: Readonly<Record<string, string>> = { tab: "\t", "\\t": "\t", comma: ",", semicolon: ";", pipe: "|" };
  const delimiter = Object.hasOwn(named, text) ? (named[text] ?? "") : text;
  return delimiter.length === 1 && !/["\r\n]/.test(delimiter) ? delimiter : undefined;
}

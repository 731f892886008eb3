/** A text as a Timestream SQL string literal. Timestream's Query API has no bind parameters: all values pass here. */
export function sqlText(text: string): string {
  return `'${text.toWellFormed().replaceAll("'", "''")}'`;
}

/** A name as a quoted Timestream SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.toWellFormed().replaceAll('"', '""')}"`;
}

/** A whole number as a literal. Throws for any other. */
export function sqlInteger(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`Expected a whole number in a query, got ${value}`);
  return String(value);
}

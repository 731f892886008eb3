/** `name` as a quoted SQL identifier. Names never reach SQL in any other way. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `text` as a SQL string literal (DuckDB's plain literals know no backslash escapes). */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Cells of a table: the first row is the head. */
export type Cells = readonly (readonly (string | number)[])[];

/** A table for the eye: columns aligned, numbers to the right. */
export function textTable(cells: Cells): string {
  const [head = []] = cells;
  const widths = head.map((_, column) => Math.max(...cells.map((row) => String(row[column] ?? "").length)));
  const line = (row: readonly (string | number)[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return typeof cell === "number" ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return `${cells.map(line).join("\n")}\n`;
}

/** RFC 4180: quoted where it must be. A text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function csvTable(cells: Cells): string {
  const field = (cell: string | number): string => {
    if (typeof cell === "number") return String(cell);
    const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${cells.map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

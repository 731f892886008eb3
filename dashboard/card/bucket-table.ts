import type { ClockFace } from "../page/clock-face.ts";
import { textElement } from "../page/element.ts";
import { lackInWords, type Timeline } from "./timeline.ts";

/** One column of numbers, a text per bucket. */
export interface Column {
  readonly label: string;
  readonly amounts: readonly string[];
}

/** Writes the numbers of a chart into a table, the newest bucket first. */
export function fillTable(
  table: HTMLTableElement,
  timeline: Timeline,
  columns: readonly Column[],
  clock: ClockFace,
): void {
  const { startsMs } = timeline;
  const head = document.createElement("thead");
  head.append(row("from", "col"));
  for (const { label } of columns) head.firstElementChild?.append(heading(label, "col"));
  const body = document.createElement("tbody");
  const today = clock.day(startsMs.at(-1) ?? 0);
  for (const [bucket, startMs] of [...startsMs.entries()].toReversed()) {
    const day = clock.day(startMs) === today ? "" : `${clock.day(startMs)}, `;
    const line = row(`${day}${clock.minute(startMs)}${lackInWords(timeline, bucket)}`, "row");
    line.append(...columns.map(({ amounts }) => textElement("td", amounts[bucket] ?? "")));
    body.append(line);
  }
  table.replaceChildren(head, body);
}

function row(first: string, scope: "col" | "row"): HTMLTableRowElement {
  const line = document.createElement("tr");
  line.append(heading(first, scope));
  return line;
}

function heading(text: string, scope: "col" | "row"): HTMLTableCellElement {
  const cell = textElement("th", text);
  cell.scope = scope;
  return cell;
}

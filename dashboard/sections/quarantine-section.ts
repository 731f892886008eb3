import type { Counts, ListedEntry } from "../../lib/query/quarantine/answer.ts";
import { ask } from "../api/api.ts";
import type { Sources } from "../api/polls.ts";
import {
  contentInWords,
  type QuarantineView,
  quarantineSummary,
  readContent,
  readQuarantine,
} from "../api/quarantine-answer.ts";
import type { ClockFace } from "../page/clock-face.ts";
import { fromTemplate, part, say, textElement } from "../page/element.ts";
import type { Range } from "../page/range.ts";

const refreshMs = 30_000;
const source = "quarantine";
/** Entries on the page, and values of each count. */
const entriesMax = 10;
const valuesMax = 5;

/** What was not counted: how much, why, and the newest events. What is in an event is shown only to who asks. */
export class QuarantineSection {
  readonly #root: ParentNode;
  readonly #clock: ClockFace;
  readonly #sources: Sources;
  /** By id: an event that the reader has opened stays open. */
  #items = new Map<string, HTMLElement>();

  constructor(root: ParentNode, clock: ClockFace, sources: Sources, range: () => Range) {
    this.#root = root;
    this.#clock = clock;
    this.#sources = sources;
    sources.add(source, {
      everyMs: refreshMs,
      live: false,
      work: async (signal) => {
        const asked = range();
        const { body } = await ask(`/v1/quarantine?from=${asked.from}&limit=${entriesMax}`, signal);
        signal.throwIfAborted();
        this.#show(readQuarantine(body), asked.label);
      },
      onFailure: () => this.#part("quarantine").classList.add("stale"),
    });
  }

  /** The range has changed. */
  askAnew(): void {
    this.#sources.again(source);
  }

  #part(name: string): HTMLElement {
    return part(this.#root, name, HTMLElement);
  }

  #show(view: QuarantineView, label: string): void {
    const section = this.#part("quarantine");
    section.hidden = false;
    section.classList.remove("stale");
    say(this.#part("quarantine-summary"), quarantineSummary(view, label));
    const counts = [
      ["reason", view.byReason],
      ["event", view.byEvent],
      ["source", view.bySource],
    ] as const;
    this.#part("quarantine-counts").replaceChildren(
      ...(view.events === 0 ? [] : counts.map(([name, values]) => countsList(name, values))),
    );
    const items = new Map(view.entries.map((entry) => [entry.id, this.#items.get(entry.id) ?? this.#item(entry)]));
    for (const entry of view.entries) mark(items.get(entry.id), entry);
    this.#items = items;
    const entries = this.#part("quarantine-entries");
    // Moved only where something changed: a reader's selection and focus stay.
    const shown = [...items.values()];
    if (shown.length !== entries.children.length || shown.some((item, at) => entries.children[at] !== item)) {
      entries.replaceChildren(...shown);
    }
    const more = view.events - view.entries.length;
    say(this.#part("quarantine-note"), more > 0 ? `${more.toLocaleString("en")} more: millrace quarantine list` : "");
  }

  #item(entry: ListedEntry): HTMLElement {
    const item = fromTemplate("quarantine-entry");
    const { reason, detail, event, source, arrival, id } = entry;
    item.title = id;
    say(part(item, "time", HTMLElement), this.#clock.second(Date.parse(arrival), Date.now()));
    say(part(item, "reason", HTMLElement), reason);
    say(part(item, "event", HTMLElement), event ?? "(no name)");
    say(part(item, "source", HTMLElement), source ?? "");
    say(part(item, "detail", HTMLElement), detail);
    const button = part(item, "show", HTMLButtonElement);
    const content = part(item, "content", HTMLElement);
    // It scrolls: the keyboard has to reach it.
    content.tabIndex = 0;
    button.addEventListener("click", () => void toggle(id, button, content));
    return item;
  }
}

function mark(item: HTMLElement | undefined, { settled }: ListedEntry): void {
  if (item !== undefined) part(item, "unsettled", HTMLElement).hidden = settled;
}

function countsList(name: string, counts: Counts): HTMLElement {
  const box = document.createElement("div");
  const values = document.createElement("dl");
  for (const { value, events } of counts.slice(0, valuesMax)) {
    const row = document.createElement("div");
    row.append(textElement("dt", value ?? "(none)"), textElement("dd", events.toLocaleString("en")));
    values.append(row);
  }
  const rest = counts.length - valuesMax;
  box.append(textElement("h3", `by ${name}`), values);
  if (rest > 0) box.append(textElement("p", `and ${rest} more`));
  return box;
}

/** Shows the event as it was sent, or hides it again; nothing of it stays on the page then. */
async function toggle(id: string, button: HTMLButtonElement, content: HTMLElement): Promise<void> {
  if (!content.hidden) {
    content.hidden = true;
    content.textContent = "";
    button.textContent = "Show event";
    button.setAttribute("aria-expanded", "false");
    return;
  }
  button.disabled = true;
  let words: string;
  try {
    const { body } = await ask(`/v1/quarantine/${encodeURIComponent(id)}`, new AbortController().signal);
    words = contentInWords(readContent(body));
  } catch (error) {
    words = error instanceof Error ? error.message : String(error);
  }
  content.textContent = words;
  content.hidden = false;
  button.disabled = false;
  button.textContent = "Hide event";
  button.setAttribute("aria-expanded", "true");
}

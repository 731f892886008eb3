import type { LiveEvent } from "../../lib/query/live/live-event.ts";
import { ask } from "../api/api.ts";
import { readLiveAnswer } from "../api/live-answer.ts";
import type { Sources } from "../api/polls.ts";
import type { ClockFace } from "../page/clock-face.ts";
import { fromTemplate, only, part, say, textElement } from "../page/element.ts";
import { LiveFeed, laidOut, liveMax, noteInWords, outcomeInWords, whyCommand } from "./live-feed.ts";

const everyMs = 1_000;
const sourceName = "live events";
/** A word that is being typed is not asked for letter by letter. */
const typingMs = 300;
const pausedNote = "Held while an event is open.";

/** The events as they come: asked for while the section is open and the page in sight. */
export class LiveSection {
  readonly #feed = new LiveFeed();
  readonly #list: HTMLUListElement;
  readonly #note: HTMLElement;
  readonly #clock: ClockFace;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(root: ParentNode, clock: ClockFace, sources: Sources) {
    this.#clock = clock;
    this.#list = part(root, "live-events", HTMLUListElement);
    this.#note = part(root, "live-note", HTMLElement);
    const details = part(root, "live", HTMLDetailsElement);
    details.addEventListener("toggle", () => {
      sources.remove(sourceName);
      if (details.open) sources.add(sourceName, { everyMs, live: false, work: (signal) => this.#ask(signal) });
    });
    const form = part(root, "live-filter", HTMLFormElement);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => {
        const value = (name: string): string => only(form, `[name="${name}"]`, HTMLInputElement).value;
        // With an event that is open in it, the list would be held as it is.
        this.#list.replaceChildren();
        this.#feed.filter({ name: value("name"), user: value("user"), source: value("source") });
        sources.again(sourceName);
      }, typingMs);
    });
  }

  async #ask(signal: AbortSignal): Promise<void> {
    // What is being read must not move.
    if (this.#list.querySelector('[aria-expanded="true"]') !== null) return say(this.#note, pausedNote);
    const { path, isNew } = this.#feed.question(Date.now());
    const answer = readLiveAnswer((await ask(path, signal)).body);
    signal.throwIfAborted();
    this.#feed.answered(answer, Date.now());
    const items = answer.events.map((event) => this.#item(event)).reverse();
    if (isNew) this.#list.replaceChildren(...items);
    else this.#list.prepend(...items);
    while (this.#list.childElementCount > liveMax) this.#list.lastElementChild?.remove();
    say(this.#note, noteInWords(answer, this.#list.childElementCount));
  }

  #item(event: LiveEvent): HTMLElement {
    const item = fromTemplate("live-event");
    const button = only(item, "button", HTMLButtonElement);
    button.dataset.level = event.refused === null ? "live" : "down";
    say(part(item, "time", HTMLElement), this.#clock.second(Date.parse(event.arrival), Date.now()));
    say(part(item, "name", HTMLElement), event.name ?? event.type ?? "(no name)");
    say(part(item, "user", HTMLElement), event.user ?? "");
    say(part(item, "source", HTMLElement), event.source ?? "");
    say(part(item, "outcome", HTMLElement), outcomeInWords(event));
    const whole = part(item, "whole", HTMLElement);
    button.addEventListener("click", () => {
      whole.hidden = !whole.hidden;
      button.setAttribute("aria-expanded", String(!whole.hidden));
      if (whole.childElementCount === 0) whole.append(...wholeOf(event));
    });
    return item;
  }
}

/** All of an event: why it was refused, where it lies, its text, and how to ask what became of it. */
function wholeOf(event: LiveEvent): HTMLElement[] {
  const { refused, sequenceNumber, index, shardId, arrival, messageId, text, bytes } = event;
  const place = `${index === null ? "Record" : `Event ${index} of record`} ${sequenceNumber} of ${shardId}, arrived ${arrival}`;
  const lines = [textElement("p", place)];
  if (refused !== null) lines.unshift(textElement("p", `Refused (${refused.reason}): ${refused.detail}`));
  if (messageId !== null) lines.push(textElement("p", `What became of it: ${whyCommand(messageId)}`));
  for (const line of lines) line.className = "quiet";
  const json = document.createElement("pre");
  json.append(textElement("code", text === undefined ? `${bytes} bytes: too large to show here` : laidOut(text)));
  return [...lines, json];
}

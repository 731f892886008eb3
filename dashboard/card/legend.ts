import { say, textElement } from "../page/element.ts";
import type { ColourName } from "./palette.ts";

/** One line of a legend. */
export interface LegendEntry {
  readonly key: string;
  readonly label: string;
  readonly amount: string;
  readonly colour: ColourName;
  /** Drawn at the moment. */
  readonly shown: boolean;
  /** Drawn alone. */
  readonly chosen: boolean;
}

/** The colours of a chart with their amounts; a click on one draws it alone. */
export class Legend {
  readonly #list: HTMLUListElement;
  readonly #onChoose: (key: string) => void;
  readonly #items = new Map<string, HTMLLIElement>();

  constructor(list: HTMLUListElement, onChoose: (key: string) => void) {
    this.#list = list;
    this.#onChoose = onChoose;
  }

  show(entries: readonly LegendEntry[]): void {
    const items = entries.map((entry) => this.#item(entry));
    const same =
      items.length === this.#list.children.length && items.every((item, at) => item === this.#list.children[at]);
    if (same) return;
    const focused = document.activeElement;
    this.#list.replaceChildren(...items);
    for (const key of [...this.#items.keys()]) {
      if (!entries.some((entry) => entry.key === key)) this.#items.delete(key);
    }
    // Moving an element takes the focus off it.
    if (focused instanceof HTMLElement && this.#list.contains(focused)) focused.focus();
  }

  #item({ key, label, amount, colour, shown, chosen }: LegendEntry): HTMLLIElement {
    const item = this.#items.get(key) ?? this.#newItem(key);
    const [button] = item.children;
    const [swatch, name, number] = button?.children ?? [];
    if (!(button instanceof HTMLButtonElement && swatch && name && number)) throw new Error("The legend was changed");
    swatch.className = `swatch ${colour.slice(2)}`;
    say(name, label);
    say(number, amount);
    button.title = chosen ? "Show all again" : `Show ${label} alone`;
    button.setAttribute("aria-pressed", String(chosen));
    item.classList.toggle("off", !shown);
    return item;
  }

  #newItem(key: string): HTMLLIElement {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const name = textElement("span", "");
    name.className = "label";
    button.type = "button";
    button.append(textElement("span", ""), name, textElement("span", ""));
    button.addEventListener("click", () => this.#onChoose(key));
    item.append(button);
    this.#items.set(key, item);
    return item;
  }
}

/** How many values of a dimension have a colour of their own. */
export const topMax = 5;

/** Name of a colour in the style sheet: of a slot, or of the rest. */
export type ColourName = `--series-${number}` | "--series-rest";

/** The colours of the page as they are now (they follow the reader's light or dark), for the canvas. */
export class Palette {
  readonly #style = getComputedStyle(document.documentElement);

  /** The value of a colour of the style sheet. The style is live: it needs no renewing. */
  colour(name: ColourName | "--line" | "--quiet"): string {
    return this.#style.getPropertyValue(name).trim();
  }
}

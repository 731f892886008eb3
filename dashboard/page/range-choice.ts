import { textElement } from "./element.ts";
import { type Range, rangeOf, ranges } from "./range.ts";

/** Puts the choice of ranges into a fieldset. */
export function offerRanges(fieldset: HTMLElement, current: Range, onChoice: (range: Range) => void): void {
  for (const { key, label } of ranges) {
    const choice = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "range";
    input.value = key;
    input.checked = key === current.key;
    input.addEventListener("change", () => onChoice(rangeOf(key)));
    choice.append(input, textElement("span", label));
    fieldset.append(choice);
  }
}

import { type Edit, loadEdited } from "./edited-product.ts";
import type { Plan } from "./plan.ts";
import type { Product } from "./product.ts";
import { smallLimits } from "./small-limits.ts";

/** The code that a history is played with. */
export type ProductOf = (plan: Plan) => Promise<Product>;

/** The product with edits, with its own limits and with small ones: a copy is loaded when the first history needs it. */
export function productsWith(name: string, edits: readonly Edit[]): ProductOf {
  const copies = new Map<boolean, Promise<Product>>();
  return ({ surroundings: { smallParts } }) => {
    const known = copies.get(smallParts);
    if (known !== undefined) return known;
    const copy = smallParts ? loadEdited(`${name}-small`, [...smallLimits, ...edits]) : loadEdited(name, edits);
    copies.set(smallParts, copy);
    return copy;
  };
}

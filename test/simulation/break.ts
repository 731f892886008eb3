import type { Edit } from "./edited-product.ts";

/** A known bug. */
export interface Break {
  readonly name: string;
  /** What the code does then. */
  readonly what: string;
  readonly edits: readonly Edit[];
}

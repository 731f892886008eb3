import { isFields } from "../../stream/event/fields.ts";

/** JSON Merge Patch (RFC 7396): what is null is removed, objects are merged, everything else takes the place of the old. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  // A map, and entries at the end: a field named __proto__ stays a field.
  const merged = new Map(isFields(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

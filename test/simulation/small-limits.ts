import type { Edit } from "./edited-product.ts";

/** A part is full after a few events, bytes or seconds: nothing else may change. */
export const smallLimits: readonly Edit[] = [
  { file: "limits.ts", from: "eventsMax: 45_000", to: "eventsMax: 7" },
  { file: "limits.ts", from: "unpackedBytesMax: 48 * 1024 * 1024", to: "unpackedBytesMax: 3_000" },
  { file: "limits.ts", from: "spanMs: 15 * 60_000", to: "spanMs: 30_000" },
];

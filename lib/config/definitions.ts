import { createHash } from "node:crypto";
import { dedupeIdsMax } from "../limits.ts";
import { settingsOf } from "./settings.ts";
import type { Config, Measure, Selection } from "./shape.ts";

/** One metric as the fold needs it: plain data, so that the ledger can keep it. */
export interface MetricDefinition {
  readonly name: string;
  /** Short hash of what decides about the rows: selection, measure and dimensions. A changed metric starts new rows. */
  readonly def: string;
  readonly on: Selection;
  readonly measure: Measure;
  /** Alias and dotted path, sorted by alias. */
  readonly by: readonly (readonly [alias: string, path: string])[];
}

/** All that the roll-up of a record depends on beside the record itself: plain data. */
export interface Definitions {
  /** Hash of the rest. Two invocations with the same hash fold the same rows. */
  readonly hash: string;
  /** Of the code that folds (`foldVersion`). */
  readonly foldVersion: number;
  readonly metrics: readonly MetricDefinition[];
  readonly allowedLatenessMs: number;
  readonly groupsPerBucketMax: number;
  readonly dimensionBytesMax: number;
  /** How far apart two records may arrive and a repeated message id still be known as a duplicate. */
  readonly dedupeWindowMs: number;
  /** Message ids that a part remembers at most; beyond them its window is shorter. */
  readonly dedupeIdsMax: number;
}

/**
 * Raised when a change of this code makes other rows of the same records under the same configuration. Parts that are
 * open then are finished by the new code (docs/decisions/changed-folds.md).
 */
const currentFoldVersion = 3;

/** The definitions of a checked configuration, for the fold of this code unless a version is given. */
export function definitionsOf(config: Config, foldVersion = currentFoldVersion): Definitions {
  const { allowedLatenessMs, groupsPerBucketMax, dimensionBytesMax, dedupeWindowMs } = settingsOf(config);
  const metrics = Object.entries(config.metrics)
    .map(([name, { on, measure, by = {} }]): MetricDefinition => {
      const plain = { on, measure, by: sortedEntries(by) };
      return { name, def: shortHash(plain), ...plain };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const limits = { allowedLatenessMs, groupsPerBucketMax, dimensionBytesMax, dedupeWindowMs, dedupeIdsMax };
  const plain = { foldVersion, metrics, ...limits };
  return { hash: shortHash(plain), ...plain };
}

const sortedEntries = (record: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/** 48 bits, in letters that need no quoting anywhere. The order of an object's keys does not matter. */
function shortHash(plain: unknown): string {
  const canonical = JSON.stringify(plain, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(canonical).digest("hex").slice(0, 12);
}

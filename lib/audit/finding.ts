export const findingKinds = [
  "overlap",
  "tally",
  "rows",
  "unknown-rows",
  "doubled",
  "lineage",
  "open",
  "lost",
  "records",
  "given-up",
] as const;

/** What can be wrong. */
export type FindingKind = (typeof findingKinds)[number];

/** Something that is wrong: what, where, how much, and what to do. */
export interface Finding {
  readonly kind: FindingKind;
  /** The shard; the stream where it is of no one shard. */
  readonly where: string;
  /** Ids of the parts in question. */
  readonly parts: readonly string[];
  /** First and last sequence number. */
  readonly sequences?: readonly [first: string, last: string];
  /** First and last minute, ISO 8601. */
  readonly minutes?: readonly [first: string, last: string];
  readonly amount: number;
  /** What the amount counts. */
  readonly unit: "batches" | "events" | "records" | "rows";
  /** What was expected, and what came. */
  readonly detail: string;
  /** The command that helps, or that says more. */
  readonly command: string;
}

/** Findings of a report. */
export const findingsListedMax = 100;

/** Findings as they come: all are counted, the first of each kind are kept. */
export class Findings {
  readonly #first = new Map<FindingKind, Finding[]>();
  readonly #counts = new Map<FindingKind, number>();

  add(finding: Finding): void {
    const { kind } = finding;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    const first = this.#first.get(kind) ?? [];
    if (first.length < findingsListedMax) this.#first.set(kind, [...first, finding]);
  }

  get counts(): Readonly<Record<FindingKind, number>> {
    const counts = findingKinds.map((kind) => [kind, this.#counts.get(kind) ?? 0] as const);
    return Object.fromEntries(counts) as Record<FindingKind, number>;
  }

  /** As many as a report lists, by kind: a thousand of one do not hide the only one of another. */
  listed(): Finding[] {
    const listed = new Map<FindingKind, number>();
    let left = findingsListedMax;
    for (let place = 0; place < findingsListedMax && left > 0; place++) {
      for (const [kind, first] of this.#first) {
        if (left === 0 || first.length <= place) continue;
        listed.set(kind, place + 1);
        left--;
      }
    }
    return findingKinds.flatMap((kind) => this.#first.get(kind)?.slice(0, listed.get(kind)) ?? []);
  }
}

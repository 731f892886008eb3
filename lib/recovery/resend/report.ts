import type { Problem } from "../../problem.ts";
import { emptyPreview, type Preview } from "../isolate/preview.ts";

/** What became of an event that was to be replayed. */
export type Outcome =
  /** The stream has taken it. */
  | "sent"
  /** It was sent by an earlier replay, or another entry of the same message was. */
  | "replayed"
  /** A message of the same id was counted: around the time it arrived, or by an earlier replay. */
  | "counted"
  /** It would be refused once more: nothing was sent. */
  | "refused"
  /** It is no JSON object. */
  | "unreadable"
  /** Its part is not committed. */
  | "unsettled"
  /** An earlier replay ended in the middle, and whether it was sent cannot be known yet. */
  | "in-doubt";

export interface ReplayReport {
  readonly dryRun: boolean;
  /** Events of quarantine that match. */
  readonly events: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Why events would be refused again, the most frequent reasons first, up to a limit. */
  readonly refusals: readonly (Problem & { readonly events: number; readonly entry: string })[];
  /** Refused events whose reason is not among them. */
  readonly otherRefusals: number;
  /** What those that were sent add, or would. */
  readonly preview: Preview;
  /** Why events are in doubt, in words; the first few different reasons. */
  readonly doubts: readonly string[];
  /** Whether all that matches was looked at. */
  readonly complete: boolean;
}

/** Different refusals and doubts that are kept. */
const keptMax = 20;

/** A report in the making. */
export class ReplayTally {
  events = 0;
  complete = true;
  preview: Preview = emptyPreview;
  readonly outcomes: Record<Outcome, number> = {
    sent: 0,
    replayed: 0,
    counted: 0,
    refused: 0,
    unreadable: 0,
    unsettled: 0,
    "in-doubt": 0,
  };
  readonly #refusals = new Map<string, Problem & { events: number; readonly entry: string }>();
  readonly #doubts = new Set<string>();

  refuse(entry: string, problem: Problem): void {
    this.outcomes.refused++;
    const key = `${problem.reason} ${problem.detail}`;
    const known = this.#refusals.get(key);
    if (known !== undefined) known.events++;
    else if (this.#refusals.size < 1_000) this.#refusals.set(key, { ...problem, events: 1, entry });
  }

  doubt(why: string): void {
    this.outcomes["in-doubt"]++;
    if (this.#doubts.size < keptMax) this.#doubts.add(why);
  }

  report(dryRun: boolean): ReplayReport {
    const { events, outcomes, preview, complete } = this;
    const refusals = [...this.#refusals.values()].sort((a, b) => b.events - a.events).slice(0, keptMax);
    const otherRefusals = refusals.reduce((left, refusal) => left - refusal.events, outcomes.refused);
    return { dryRun, events, outcomes, refusals, otherRefusals, preview, doubts: [...this.#doubts], complete };
  }
}

import type { Definitions } from "../../lib/config/definitions.ts";
import { isProblem, type Problem, type Reason } from "../../lib/problem.ts";
import { EventJudge } from "../../lib/roll-up/fold/event-judge.ts";
import { readEvent } from "../../lib/stream/event/event.ts";

/** The first event that something is the matter with. */
export interface Example {
  readonly messageId: string;
  readonly problem: Problem;
}

/**
 * What the roll-up will make of the events of a replay, each by itself: it judges them by the same code. Whether one is a
 * duplicate, because it was sent before, only the ledger knows.
 */
export class Outlook {
  readonly #judge: EventJudge;
  /** Events that will be counted, and those of them that no metric looks at. */
  counted = 0;
  inNoMetric = 0;
  /** How many will not be counted, by the reason, and the first of each. */
  readonly rejected = new Map<Reason, { count: number; readonly first: Example }>();

  constructor(definitions: Definitions) {
    this.#judge = new EventJudge(definitions);
  }

  /** Takes an event as it is sent, and when. */
  add(messageId: string, text: string, nowMs: number): void {
    const event = readEvent(text, nowMs);
    const problem = isProblem(event) ? event : this.#judge.judge(event, nowMs);
    if (problem === undefined) {
      this.counted++;
      if (this.#judge.selected.length === 0) this.inNoMetric++;
      return;
    }
    const known = this.rejected.get(problem.reason);
    if (known === undefined) this.rejected.set(problem.reason, { count: 1, first: { messageId, problem } });
    else known.count++;
  }

  /** "90 counted, 6 late, 4 invalid". */
  get summary(): string {
    return [`${this.counted} counted`, ...[...this.rejected].map(([reason, { count }]) => `${count} ${reason}`)].join(
      ", ",
    );
  }

  /** A line for each reason, with the first event of it. */
  get reasons(): string[] {
    const lines = [...this.rejected].map(([reason, { first }]) => {
      const hint = reason === "late" ? ". With --shift-to-now the recording ends now" : "";
      return `The first ${reason}: ${first.messageId}: ${first.problem.detail}${hint}`;
    });
    return this.inNoMetric === 0 ? lines : [...lines, `${this.inNoMetric} of those counted are in no metric`];
  }
}

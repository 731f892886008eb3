import { notOneOf, pointAsked, QuestionProblem } from "../query/url-question.ts";
import { bucketMsOf } from "../roll-up/fold/part-fold.ts";
import { type AuditOptions, settledAfterMs } from "./audit-run.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** CloudWatch has minutes for 15 days, coarser periods after (CloudWatch user guide, "Metrics retention"). */
export const backMsMax = 14 * dayMs;
const rowsModes = ["none", "sample", "all"] as const;

/** What the audit is asked by hand. */
export interface AuditEvent {
  /** An ISO 8601 time, a date, "now" or a time back such as "-1h"; an hour before `to` where it is left out. */
  readonly from?: string;
  /** 15 minutes ago where it is left out. */
  readonly to?: string;
  /** "sample" where it is left out. */
  readonly rows?: string;
  readonly schedule?: undefined;
}

/** Reads the question. Throws QuestionProblem for what is malformed or out of range. */
export function readAuditEvent(event: AuditEvent, nowMs: number): Pick<AuditOptions, "fromMs" | "toMs" | "rows"> {
  const { from, to, rows = "sample" } = event;
  const mode = rowsModes.find((known) => known === rows);
  if (mode === undefined) throw notOneOf("rows", rowsModes, String(rows));
  const toMs = to === undefined ? bucketMsOf(nowMs - settledAfterMs) : pointAsked("to", to, nowMs);
  const fromMs = from === undefined ? toMs - hourMs : pointAsked("from", from, nowMs);
  if (fromMs >= toMs) throw new QuestionProblem(400, "to", "expected a time after from, got one that is not");
  if (toMs > nowMs) throw new QuestionProblem(400, "to", "expected a time that has come, got one that has not");
  if (fromMs < nowMs - backMsMax) {
    const received = new Date(fromMs).toISOString();
    const why = "CloudWatch keeps minutes for not much longer";
    throw new QuestionProblem(400, "from", `expected a time of the last 14 days (${why}), got ${received}`);
  }
  return { fromMs, toMs, rows: mode };
}

import type { MetricSummary } from "../../lib/query/answer.ts";
import type { ClockFace } from "../page/clock-face.ts";
import { type Amounts, amountsOf, currencyDimension } from "./amounts.ts";
import type { MetricView } from "./metric-view.ts";
import { amountIn, type Selection, seriesLabel } from "./selection.ts";
import type { Series } from "./series.ts";
import { lackInWords } from "./timeline.ts";

/** What a card says, by the part of the card that says it. */
export interface CardText {
  readonly measure: string;
  readonly total: string;
  readonly span: string;
  readonly "last-time": string;
  readonly last: string;
  readonly "now-time": string;
  readonly now: string;
}

/** How the numbers of some series are written: as money where all of them are in one currency. */
export const amountsIn = (view: MetricView, measure: MetricSummary["measure"], shown: readonly Series[]): Amounts =>
  amountsOf(measure, view.unit && shown.length === 1 ? shown[0]?.value : undefined);

/** The figures of a card. */
export function cardText(
  { measure }: MetricSummary,
  view: MetricView,
  selection: Selection,
  clock: ClockFace,
): CardText {
  const { range, timeline } = view;
  const { last, now, total, shown, chosen } = selection;
  const amounts = amountsIn(view, measure, shown);
  const [single] = shown;
  const isPart = chosen !== undefined && single !== undefined && !view.unit;
  const label = isPart ? `${seriesLabel(single)} of ${amounts.full(view.total)}, ` : "";
  const isWide = timeline.everyMs > 60_000;
  const lastTime = (startMs: number): string =>
    isWide ? clock.bucket(startMs, timeline.everyMs, now.startMs) : clock.minute(startMs);
  return {
    measure: `${noun(measure)} per ${range.per}`,
    total: amounts.full(total),
    span: `${label}last ${range.label}`,
    "last-time": last === undefined ? "full" : `full ${lastTime(last.startMs)}`,
    last: last === undefined ? "none yet" : amounts.full(last.amount),
    "now-time": `${isWide ? "since " : ""}${clock.minute(now.startMs)} so far`,
    now: amounts.full(now.amount),
  };
}

/** "most 84 at 06:22, mean 58.1": the full buckets of what is shown. */
export function levelInWords(
  { measure }: MetricSummary,
  view: MetricView,
  selection: Selection,
  clock: ClockFace,
): string {
  const { peak, mean } = selection;
  if (peak === undefined || mean === undefined || peak.amount === 0) return "";
  const amounts = amountsIn(view, measure, selection.shown);
  return `most ${amounts.full(peak.amount)} at ${clock.minute(peak.startMs)}, mean ${amounts.mean(mean)}`;
}

/** The chart for those who do not see it. */
export function chartInWords(metric: MetricSummary, view: MetricView, selection: Selection, clock: ClockFace): string {
  const total = amountsIn(view, metric.measure, selection.shown).full(selection.total);
  const about = `${metric.name}, ${noun(metric.measure)} per ${view.range.per}, last ${view.range.label}`;
  const level = levelInWords(metric, view, selection, clock);
  return level === "" ? `${about}: ${total} in all` : `${about}: ${total} in all, ${level}`;
}

/** "14:03–14:04: 61 so far, being written": one bucket of what is shown. */
export function bucketInWords(
  { measure }: MetricSummary,
  view: MetricView,
  { shown }: Selection,
  bucket: number,
  clock: ClockFace,
): string {
  const { startsMs, everyMs } = view.timeline;
  const time = clock.bucket(startsMs[bucket] ?? 0, everyMs, startsMs.at(-1) ?? 0);
  const amount = amountsIn(view, measure, shown).full(amountIn(shown, bucket));
  return `${time}: ${amount}${lackInWords(view.timeline, bucket)}`;
}

/** What the reader should know before trusting the numbers; usually nothing. */
export function caveat({ measure, dimensions }: MetricSummary, view: MetricView): string {
  if (view.cut) return "Very many values: small ones are in the rest.";
  const mixed = measure === "sum" && !view.unit && dimensions.includes(currencyDimension);
  return mixed ? "All currencies are added up here as if they were one." : "";
}

const noun = (measure: MetricSummary["measure"]): string => (measure === "count" ? "events" : "sum");

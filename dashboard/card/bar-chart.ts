import uPlot from "uplot";
import type { ClockFace } from "../page/clock-face.ts";
import type { Bars } from "./bars.ts";
import { paintBars } from "./paint-bars.ts";
import type { Palette } from "./palette.ts";
import { type Stack, stackOf } from "./stack.ts";

const heightPx = 190;
/** 1, 2, 5, 10, ... */
const wholeSteps = Array.from({ length: 15 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
const minute = 60;
const timeSteps = [5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * minute);
const font = "11px system-ui, sans-serif";

/** Bars over time on a canvas. The charts of a page share one cursor. */
export class BarChart {
  readonly #box: HTMLElement;
  readonly #palette: Palette;
  readonly #clock: ClockFace;
  readonly #plot: uPlot;
  readonly #resize: ResizeObserver;
  #bars: Bars | undefined;
  #stack: Stack | undefined;

  /** Tells `onHover` which bucket the cursor is on, on this chart or on another. */
  constructor(box: HTMLElement, palette: Palette, clock: ClockFace, onHover: (index: number | undefined) => void) {
    this.#box = box;
    this.#palette = palette;
    this.#clock = clock;
    this.#plot = new uPlot(this.#options(onHover), [[], [], []], box);
    this.#resize = new ResizeObserver(() => {
      const width = Math.floor(box.clientWidth);
      if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: heightPx });
    });
    this.#resize.observe(box);
  }

  show(bars: Bars): void {
    const { startsMs, everyMs } = bars.timeline;
    this.#bars = bars;
    this.#stack = stackOf(bars.series, startsMs.length);
    // The middle of a bucket, so that the cursor finds the bar that it is over.
    const middles = startsMs.map((startMs) => (startMs + everyMs / 2) / 1_000);
    this.#plot.setData([middles, [...this.#stack.highs], [...this.#stack.lows]]);
  }

  /** Draws again, after the colours have changed. */
  redraw(): void {
    this.#plot.redraw(false, true);
  }

  destroy(): void {
    this.#resize.disconnect();
    this.#plot.destroy();
  }

  #options(onHover: (index: number | undefined) => void): uPlot.Options {
    const unseen: uPlot.Series = { paths: () => null, points: { show: false } };
    return {
      width: Math.max(1, Math.floor(this.#box.clientWidth)),
      height: heightPx,
      padding: [10, 16, 0, 0],
      legend: { show: false },
      series: [{}, unseen, unseen],
      scales: { x: { time: true, range: () => this.#span() }, y: { range: (_, low, high) => roomFor(low, high) } },
      axes: this.#axes(),
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: false, y: false, setScale: false },
        move: (plot, left, top) => [this.#middle(plot, left), top],
        sync: { key: "millrace", scales: ["x", null] },
      },
      hooks: {
        setCursor: [
          (plot) => {
            plot.root.style.setProperty("--bucket-px", `${this.#bucketPx(plot)}px`);
            onHover(plot.cursor.idx ?? undefined);
          },
        ],
        draw: [
          (plot) => {
            if (this.#bars && this.#stack) paintBars(plot, this.#bars, this.#stack, this.#palette);
          },
        ],
      },
    };
  }

  #axes(): uPlot.Axis[] {
    const quiet = (): string => this.#palette.colour("--quiet");
    const line = { stroke: () => this.#palette.colour("--line"), width: 1 };
    return [
      {
        stroke: quiet,
        font,
        size: 24,
        gap: 6,
        space: 60,
        incrs: timeSteps,
        grid: { show: false },
        ticks: { show: false },
        border: { show: true, ...line },
        values: (_, splits) => splits.map((seconds) => this.#clock.minute(seconds * 1_000)),
      },
      {
        stroke: quiet,
        font,
        gap: 6,
        space: 28,
        size: (_, values: string[] | null) => 14 + 6.5 * Math.max(2, ...(values ?? []).map((value) => value.length)),
        incrs: (_plot, _axis, low, high, height, space) => this.#steps(low, high, height, space),
        grid: line,
        ticks: { show: false },
        values: (_, splits) => splits.map((value) => this.#bars?.amounts.short(value) ?? ""),
      },
    ];
  }

  #steps(low: number, high: number, height: number, space: number): number[] {
    if (this.#bars?.whole !== false) return wholeSteps;
    const least = ((high - low) * space) / height;
    const power = 10 ** Math.floor(Math.log10(Math.max(least, 0.01)));
    return [1, 2, 5, 10, 20].map((step) => step * power);
  }

  #span(): uPlot.Range.MinMax {
    const { startsMs, everyMs } = this.#bars?.timeline ?? { startsMs: [0], everyMs: 1 };
    return [(startsMs[0] ?? 0) / 1_000, ((startsMs.at(-1) ?? 0) + everyMs) / 1_000];
  }

  #middle(plot: uPlot, left: number): number {
    if (left < 0) return left;
    const middle = plot.data[0]?.[plot.posToIdx(left)];
    return middle === undefined ? left : plot.valToPos(middle, "x");
  }

  #bucketPx(plot: uPlot): number {
    return plot.over.clientWidth / (this.#bars?.timeline.startsMs.length ?? 1);
  }
}

/** Zero is always in sight, and there is air over the highest bar. */
function roomFor(low: number | null, high: number | null): uPlot.Range.MinMax {
  const most = Math.max(0, high ?? 0) * 1.08;
  const least = Math.min(0, low ?? 0) * 1.08;
  return most === 0 && least === 0 ? [0, 4] : [least, most];
}

import type { MetricSummary } from "../../lib/query/answer.ts";
import type { ClockFace } from "../page/clock-face.ts";
import { fromTemplate, part, say, textElement } from "../page/element.ts";
import { BarChart } from "./bar-chart.ts";
import { fillTable } from "./bucket-table.ts";
import { amountsIn, bucketInWords, cardText, caveat, chartInWords, levelInWords } from "./card-text.ts";
import { ColourSlots } from "./colour-slots.ts";
import { Legend } from "./legend.ts";
import type { MetricView } from "./metric-view.ts";
import { type ColourName, type Palette, topMax } from "./palette.ts";
import { type Selection, select, seriesKey, seriesLabel } from "./selection.ts";
import type { Series } from "./series.ts";

/** What a card needs of the page. */
export interface CardSurroundings {
  readonly palette: Palette;
  readonly clock: ClockFace;
  /** The reader wants another dimension, or none. */
  readonly onBy: (dimension: string | null) => void;
}

/** One metric: its figures, its chart, its legend and its numbers. */
export class Card {
  readonly root = fromTemplate("card");
  readonly #metric: MetricSummary;
  readonly #around: CardSurroundings;
  readonly #chart: BarChart;
  readonly #legend: Legend;
  readonly #slots = new ColourSlots(topMax);
  #view: MetricView | undefined;
  #colours = new Map<string, ColourName>();
  #choice: string | undefined;
  #hovered: number | undefined;
  #stale: string | undefined;

  constructor(metric: MetricSummary, by: string | null, around: CardSurroundings) {
    this.#metric = metric;
    this.#around = around;
    this.#chart = new BarChart(this.#part("chart"), around.palette, around.clock, (bucket) => this.#hover(bucket));
    this.#legend = new Legend(part(this.root, "legend", HTMLUListElement), (key) => this.#choose(key));
    say(this.#part("name"), metric.name);
    this.#part("table-region").setAttribute("aria-label", `Numbers of ${metric.name}`);
    // It scrolls: the keyboard has to reach it.
    this.#part("table-region").tabIndex = 0;
    part(this.root, "numbers", HTMLDetailsElement).addEventListener("toggle", () => this.#render());
    this.#offerDimensions(by);
  }

  show(view: MetricView): void {
    this.#view = view;
    this.#stale = undefined;
    this.root.classList.add("known");
    this.root.setAttribute("aria-busy", "false");
    const values = view.series.filter(({ kind }) => kind === "value").map(({ value }) => value);
    const slots = this.#slots.assign(values);
    const colour = ({ kind, value }: Series): ColourName =>
      kind === "rest" ? "--series-rest" : `--series-${slots.get(value) ?? 0}`;
    this.#colours = new Map(view.series.map((series) => [seriesKey(series), colour(series)]));
    this.#render();
  }

  /** The reader has asked for something that is not here yet. */
  wait(): void {
    this.root.setAttribute("aria-busy", "true");
  }

  /** Says that what is shown is old, and why; until `show` is called again. */
  stale(why: string): void {
    this.#stale = why;
    this.#showNote();
  }

  recolour(): void {
    this.#chart.redraw();
  }

  destroy(): void {
    this.#chart.destroy();
    this.root.remove();
  }

  #part(name: string): HTMLElement {
    return part(this.root, name, HTMLElement);
  }

  #offerDimensions(by: string | null): void {
    const menu = part(this.root, "by", HTMLSelectElement);
    this.#part("by-label").hidden = this.#metric.dimensions.length === 0;
    for (const dimension of [...this.#metric.dimensions, null]) {
      const option = textElement("option", dimension ?? "(total)");
      option.value = dimension ?? "";
      option.selected = dimension === by;
      menu.append(option);
    }
    menu.setAttribute("aria-label", `Show ${this.#metric.name} by`);
    menu.addEventListener("change", () => {
      this.#choice = undefined;
      this.#around.onBy(menu.value === "" ? null : menu.value);
    });
  }

  #choose(key: string): void {
    this.#choice = this.#choice === key ? undefined : key;
    this.#render();
  }

  #hover(bucket: number | undefined): void {
    if (bucket === this.#hovered) return;
    this.#hovered = bucket;
    if (this.#view !== undefined) this.#showLegend(this.#view, select(this.#view, this.#choice));
  }

  #render(): void {
    const view = this.#view;
    if (view === undefined) return;
    const metric = this.#metric;
    const { clock } = this.#around;
    const selection = select(view, this.#choice);
    this.#chart.show({
      timeline: view.timeline,
      series: selection.shown,
      colours: selection.shown.map((series) => this.#colourOf(series)),
      amounts: amountsIn(view, metric.measure, selection.shown),
      whole: metric.measure === "count",
    });
    this.#part("chart").setAttribute("aria-label", chartInWords(metric, view, selection, clock));
    for (const [name, text] of Object.entries(cardText(metric, view, selection, clock))) say(this.#part(name), text);
    this.#showLegend(view, selection);
    this.#showNote();
    if (part(this.root, "numbers", HTMLDetailsElement).open) this.#showTable(view);
  }

  /** The totals, or the amounts of the bucket under the cursor. */
  #showLegend(view: MetricView, selection: Selection): void {
    const { startsMs } = view.timeline;
    const bucket = this.#hovered !== undefined && this.#hovered < startsMs.length ? this.#hovered : undefined;
    const shown = new Set(selection.shown.map(seriesKey));
    const entries = view.series.map((one) => ({
      key: seriesKey(one),
      label: seriesLabel(one),
      amount: amountsIn(view, this.#metric.measure, [one]).full(
        bucket === undefined ? one.total : (one.amounts[bucket] ?? 0),
      ),
      colour: this.#colourOf(one),
      shown: shown.has(seriesKey(one)),
      chosen: selection.chosen === seriesKey(one),
    }));
    this.#legend.show(entries.filter(({ key }) => key !== "all:"));
    const { clock } = this.#around;
    const words =
      bucket === undefined
        ? levelInWords(this.#metric, view, selection, clock)
        : bucketInWords(this.#metric, view, selection, bucket, clock);
    say(this.#part("readout"), words);
  }

  #showTable(view: MetricView): void {
    const columns = view.series.map((one) => ({
      label: seriesLabel(one),
      amounts: one.amounts.map(amountsIn(view, this.#metric.measure, [one]).full),
    }));
    fillTable(part(this.root, "table", HTMLTableElement), view.timeline, columns, this.#around.clock);
  }

  #showNote(): void {
    this.root.classList.toggle("stale", this.#stale !== undefined);
    const note = this.#view === undefined ? "" : caveat(this.#metric, this.#view);
    say(this.#part("note"), this.#stale ?? note);
  }

  #colourOf(series: Series): ColourName {
    return this.#colours.get(seriesKey(series)) ?? "--series-rest";
  }
}

import type { MetricSummary } from "../../lib/query/answer.ts";
import type { ShardState } from "../../lib/query/shards.ts";
import { readMetricSummaries, readShards } from "../api/answers.ts";
import { ask } from "../api/api.ts";
import { Sources } from "../api/polls.ts";
import { askMetric } from "../card/ask-metric.ts";
import { Card } from "../card/card.ts";
import { defaultBy, metricViewOf } from "../card/metric-view.ts";
import { Palette, topMax } from "../card/palette.ts";
import { LiveSection } from "../sections/live-section.ts";
import { QuarantineSection } from "../sections/quarantine-section.ts";
import { ShardStrip } from "../sections/shard-strip.ts";
import { type Choices, choicesOf, fragmentOf } from "./address.ts";
import { ClockFace } from "./clock-face.ts";
import { only, part, say } from "./element.ts";
import { emptinessOf } from "./emptiness.ts";
import { healthOf } from "./health.ts";
import { offerRanges } from "./range-choice.ts";
import { showStatus } from "./status-line.ts";

const refreshMs = 5_000;
/** The list of metrics changes with a deployment only. */
const metricsRefreshMs = 60_000;

/** A metric on the page. */
interface Place {
  readonly metric: MetricSummary;
  readonly card: Card;
  /** What its card shows; undefined before the first answer. */
  total: number | undefined;
}

/** The page: it asks the API while it is in sight, and hands the answers to what shows them. */
export class Dashboard {
  readonly #root: ParentNode;
  readonly #clock = new ClockFace();
  readonly #palette = new Palette();
  readonly #strip: ShardStrip;
  readonly #sources = new Sources(() => this.#showState());
  #places: readonly Place[] = [];
  #choices: Choices = choicesOf(location.hash);
  #metrics = "";
  #shards: readonly ShardState[] | undefined;
  /** Undefined while some of them were not looked at. */
  #allShards: readonly ShardState[] | undefined;

  constructor(root: ParentNode) {
    this.#root = root;
    this.#strip = new ShardStrip(root, this.#clock);
    new LiveSection(root, this.#clock, this.#sources);
    const quarantine = new QuarantineSection(root, this.#clock, this.#sources, () => this.#choices.range);
    offerRanges(only(root, ".ranges", HTMLElement), this.#choices.range, (range) => {
      this.#keep({ ...this.#choices, range });
      for (const { metric } of this.#places) this.#askAnew(metric.name);
      quarantine.askAnew();
    });
    say(part(root, "zone", HTMLElement), this.#clock.zone(Date.now()));
  }

  start(): void {
    this.#sources.add("metrics", {
      everyMs: metricsRefreshMs,
      live: false,
      work: (signal) => this.#askMetrics(signal),
    });
    this.#sources.add("shards", {
      everyMs: refreshMs,
      live: true,
      work: (signal) => this.#askShards(signal),
      onFailure: () => this.#strip.stale(),
    });
    document.addEventListener("visibilitychange", () => this.#sources.run(!document.hidden));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      for (const { card } of this.#places) card.recolour();
    });
    this.#sources.run(!document.hidden);
  }

  async #askMetrics(signal: AbortSignal): Promise<void> {
    const metrics = readMetricSummaries((await ask("/v1/metrics", signal)).body);
    const same = JSON.stringify(metrics);
    if (same === this.#metrics) return;
    this.#metrics = same;
    for (const { metric, card } of this.#places) {
      this.#sources.remove(sourceOf(metric.name));
      card.destroy();
    }
    this.#places = metrics.map((metric) => this.#place(metric));
    part(this.#root, "metrics", HTMLElement).hidden = metrics.length === 0;
    part(this.#root, "no-metrics", HTMLElement).hidden = metrics.length > 0;
  }

  #place(metric: MetricSummary): Place {
    const { name } = metric;
    const card = new Card(metric, this.#byOf(metric), {
      palette: this.#palette,
      clock: this.#clock,
      onBy: (dimension) => {
        this.#keep({ ...this.#choices, by: new Map([...this.#choices.by, [name, dimension]]) });
        this.#askAnew(name);
      },
    });
    part(this.#root, "cards", HTMLElement).append(card.root);
    const place: Place = { metric, card, total: undefined };
    this.#sources.add(sourceOf(name), {
      everyMs: refreshMs,
      live: true,
      work: async (signal) => {
        const answers = await askMetric(metric, this.#choices.range, this.#byOf(metric), signal);
        signal.throwIfAborted();
        const view = metricViewOf(answers, this.#lagMs(), topMax);
        place.total = view.total;
        card.show(view);
      },
      onFailure: ({ message }, shownAtMs) => {
        const since = shownAtMs === undefined ? "" : `Stale, from ${this.#clock.second(shownAtMs, Date.now())}. `;
        card.stale(`${since}${message}.`);
      },
    });
    return place;
  }

  async #askShards(signal: AbortSignal): Promise<void> {
    const { shards, notLookedAt } = readShards((await ask("/v1/shards", signal)).body);
    this.#strip.show(shards, notLookedAt);
    this.#shards = shards;
    this.#allShards = notLookedAt === 0 ? shards : undefined;
  }

  #askAnew(metric: string): void {
    this.#places.find((place) => place.metric.name === metric)?.card.wait();
    this.#sources.again(sourceOf(metric));
  }

  #byOf(metric: MetricSummary): string | null {
    const choice = this.#choices.by.get(metric.name);
    const isKnown = choice === null || (choice !== undefined && metric.dimensions.includes(choice));
    return isKnown ? choice : defaultBy(metric);
  }

  #lagMs(): number {
    return Math.max(0, ...(this.#shards ?? []).map(({ iteratorAgeMs }) => iteratorAgeMs));
  }

  /** Keeps a choice in the address, without a step in the browser's history. */
  #keep(choices: Choices): void {
    this.#choices = choices;
    history.replaceState(null, "", fragmentOf(choices));
  }

  #showState(): void {
    showStatus(this.#root, healthOf(this.#sources.health), this.#clock);
    const totals = this.#places.map(({ total }) => total);
    const empty = emptinessOf(totals, this.#allShards, this.#choices.range.label);
    part(this.#root, "first-event", HTMLElement).hidden = empty === undefined;
    if (empty !== undefined) say(part(this.#root, "first-event-title", HTMLElement), empty);
  }
}

const sourceOf = (metric: string): string => `metric ${metric}`;

import type { ShardState } from "../../lib/query/shards.ts";
import { ageInWords, ageLevel } from "../page/age.ts";
import type { ClockFace } from "../page/clock-face.ts";
import { fromTemplate, only, part, say } from "../page/element.ts";
import { shardSummary, shortShardId, worstFirst } from "./shard-list.ts";

/** More shards than this are folded away, the ones that are furthest behind excepted. */
const openMax = 8;

/** A shard that was not looked at for longer is told apart. */
const staleMsMax = 10_000;

/** Where the roll-up is with each shard. */
export class ShardStrip {
  readonly #root: ParentNode;
  readonly #clock: ClockFace;

  constructor(root: ParentNode, clock: ClockFace) {
    this.#root = root;
    this.#clock = clock;
  }

  show(shards: readonly ShardState[], notLookedAt: number): void {
    const section = part(this.#root, "shard-section", HTMLElement);
    section.hidden = false;
    section.classList.remove("stale");
    const items = worstFirst(shards).map((shard) => this.#item(shard));
    const more = part(this.#root, "more-shards", HTMLDetailsElement);
    say(part(this.#root, "shard-summary", HTMLElement), shardSummary(shards, notLookedAt));
    part(this.#root, "shards", HTMLUListElement).replaceChildren(...items.slice(0, openMax));
    only(more, "ul", HTMLUListElement).replaceChildren(...items.slice(openMax));
    say(only(more, "summary", HTMLElement), `${items.length - openMax} more`);
    more.hidden = items.length <= openMax;
  }

  /** An age that was fine a minute ago must not look fine now. */
  stale(): void {
    part(this.#root, "shard-section", HTMLElement).classList.add("stale");
  }

  #item({ shardId, iteratorAgeMs, staleMs, committedThrough, openParts }: ShardState): HTMLElement {
    const item = fromTemplate("shard");
    item.dataset.level = ageLevel(iteratorAgeMs);
    const isStale = staleMs > staleMsMax;
    item.classList.toggle("stale", isStale);
    item.title = isStale ? `${shardId}: Kinesis throttles it, as of ${Math.round(staleMs / 1_000)} s ago` : shardId;
    say(part(item, "id", HTMLElement), shortShardId(shardId));
    say(part(item, "age", HTMLElement), ageInWords(iteratorAgeMs));
    const committed =
      committedThrough === null
        ? "nothing committed yet"
        : `committed to ${this.#clock.second(Date.parse(committedThrough), Date.now())}`;
    say(part(item, "committed", HTMLElement), committed);
    say(part(item, "open", HTMLElement), openParts === 1 ? "1 open part" : `${openParts} open parts`);
    return item;
  }
}

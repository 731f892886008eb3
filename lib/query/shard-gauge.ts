import type { Clock } from "../clock.ts";
import type { GivingWay } from "../stream/giving-way.ts";
import type { KinesisStream } from "../stream/kinesis.ts";
import type { StreamPage } from "../stream/reader.ts";

/** What is known of the first record behind a place. Times are epoch milliseconds. */
export interface NextRecord {
  /** When it arrived; undefined where there is none. */
  readonly arrivalMs: number | undefined;
  /** When that was so. */
  readonly asOfMs: number;
}

/** A place in a shard that is looked at again and again. */
interface Place {
  /** The record before it; undefined for the beginning of the shard. */
  readonly after: string | undefined;
  pages: AsyncGenerator<StreamPage>;
  /** The record behind it is known, and will not change. */
  isSettled: boolean;
  found: NextRecord | undefined;
}

/** A read may come back empty although there is more: then a question reads once again, and the next one goes on. */
const readsMax = 2;

/**
 * Says when the record behind a place in a shard arrived. A question reads the shard once as a rule, and not at all while
 * the roll-up stands still before a record that is known: reads are shared with it.
 */
export class ShardGauge {
  readonly #stream: Pick<KinesisStream, "shardIds" | "pages">;
  readonly #givingWay: GivingWay;
  readonly #clock: Pick<Clock, "now">;
  readonly #places = new Map<string, Place>();

  constructor(stream: Pick<KinesisStream, "shardIds" | "pages">, givingWay: GivingWay, clock: Pick<Clock, "now">) {
    this.#stream = stream;
    this.#givingWay = givingWay;
    this.#clock = clock;
  }

  async shardIds(): Promise<string[]> {
    const shardIds = await this.#stream.shardIds();
    for (const shardId of this.#places.keys()) if (!shardIds.includes(shardId)) this.#places.delete(shardId);
    return shardIds;
  }

  /**
   * The first record behind `after`, of the shard where undefined. While Kinesis throttles it is what was known before, of
   * the place before too; where nothing is, that there is none. Throws what else Kinesis throws.
   */
  async next(shardId: string, after: string | undefined): Promise<NextRecord> {
    const place = this.#placeOf(shardId, after);
    const nowMs = this.#clock.now();
    if (place.isSettled && place.found !== undefined) return { ...place.found, asOfMs: nowMs };
    for (let reads = 0; reads < readsMax; reads++) {
      const page = await this.#givingWay.read(shardId, () => this.#read(shardId, place));
      if (page === "later") return place.found ?? { arrivalMs: undefined, asOfMs: nowMs };
      const [record] = page?.records ?? [];
      place.isSettled = record !== undefined;
      place.found = { arrivalMs: record?.arrivalMs, asOfMs: nowMs };
      if (place.isSettled || page === undefined || page.behindMs === 0) break;
    }
    return place.found ?? { arrivalMs: undefined, asOfMs: nowMs };
  }

  #placeOf(shardId: string, after: string | undefined): Place {
    const known = this.#places.get(shardId);
    if (known !== undefined && known.after === after) return known;
    const place = { after, pages: this.#begin(shardId, after), isSettled: false, found: known?.found };
    this.#places.set(shardId, place);
    return place;
  }

  #begin(shardId: string, after: string | undefined): AsyncGenerator<StreamPage> {
    return this.#stream.pages(shardId, after === undefined ? "oldest" : { after }, 1);
  }

  /** The next page; undefined behind the end of a closed shard. */
  async #read(shardId: string, place: Place): Promise<StreamPage | undefined> {
    try {
      const { value } = await place.pages.next();
      return value ?? undefined;
    } catch (error) {
      // A generator that threw has ended.
      place.pages = this.#begin(shardId, place.after);
      throw error;
    }
  }
}

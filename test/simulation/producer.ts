import { gzipSync } from "node:zlib";
import type { dedupeWindows } from "./deployment.ts";
import { longShop, type PlannedEvent, type Step } from "./plan.ts";
import type { SentEvent } from "./sent-event.ts";
import { hashesEnd, type SentRecord, type Shard, type SimulatedStream } from "./stream.ts";

/** Copies of one message id: when the first and the last of them arrived. */
interface Copies {
  readonly timestampMs: number;
  cluster: number;
  firstMs: number;
  lastMs: number;
}

/** Any spread of people over the hashes will do. */
export const hashOf = (person: number): number => (person * 379) % hashesEnd;

/** Beyond the window, in which a copy may or may not be known: the disorder of arrivals and the span of a part. */
const greyMs = 3_600_000;

/** Sends records, and keeps out what has no promised outcome: copies between known and forgotten. */
export class Producer {
  readonly #stream: SimulatedStream;
  readonly #now: () => number;
  readonly #windows: ReturnType<typeof dedupeWindows>;
  readonly #copies = new Map<string, Copies>();

  /** `windows`: within which a copy must be known, and beyond which it need not be forgotten. */
  constructor(stream: SimulatedStream, windows: ReturnType<typeof dedupeWindows>, now: () => number) {
    this.#windows = windows;
    this.#stream = stream;
    this.#now = now;
  }

  /** Undefined where nothing of it may be sent. */
  put(step: Extract<Step, { kind: "put" }>): { shard: Shard; record: SentRecord } | undefined {
    const shard = this.#stream.shardOf(hashOf(step.person));
    const arrivalMs = this.#now() + step.skewMs;
    const events = step.events.flatMap((event) => this.#send(event, arrivalMs) ?? []);
    if (step.form !== "garbage" && events.length === 0) return undefined;
    const data = step.form === "garbage" ? Buffer.from([0x7b, 0xff, step.person]) : dataOf(events, step.form);
    // What nobody can take apart holds nothing.
    const content = step.form === "garbage" || step.kills === "always" ? undefined : events;
    const record = { partitionKey: `person ${step.person}`, arrivalMs, data, events: content };
    const sent = this.#stream.put(shard, record);
    if (step.kills !== undefined) this.#stream.killers.set(sent.sequenceNumber, step.kills);
    return { shard, record: sent };
  }

  #send(event: PlannedEvent, arrivalMs: number): SentEvent | undefined {
    const timestampMs = arrivalMs - (event.ageMs ?? 0);
    if (event.id === undefined) return { ...event, name: undefined, timestampMs };
    const id = `${event.source ?? ""}#${event.id}`;
    const copies = this.#copies.get(id);
    if (copies === undefined) {
      const first = { timestampMs, cluster: 0, firstMs: arrivalMs, lastMs: arrivalMs };
      this.#copies.set(id, first);
      return { ...event, name: `${id}.0`, timestampMs };
    }
    if (arrivalMs > copies.lastMs + this.#windows.mostMs + greyMs) {
      copies.cluster++;
      copies.firstMs = arrivalMs;
      copies.lastMs = arrivalMs;
    } else {
      const firstMs = Math.min(copies.firstMs, arrivalMs);
      const lastMs = Math.max(copies.lastMs, arrivalMs);
      if (lastMs - firstMs > this.#windows.leastMs) return undefined;
      Object.assign(copies, { firstMs, lastMs });
    }
    // Without a timestamp of its own an event happened when it arrived, each copy at another time.
    const happenedMs = event.ageMs === undefined ? arrivalMs : copies.timestampMs;
    return { ...event, name: `${id}.${copies.cluster}`, timestampMs: happenedMs };
  }
}

function dataOf(events: readonly SentEvent[], form: "lines" | "array" | "gzip"): Buffer {
  const texts = events.map(textOf);
  if (form === "array") return Buffer.from(`[${texts.join(",")}]`);
  const lines = Buffer.from(texts.join("\n"));
  return form === "gzip" ? gzipSync(lines, { level: 1 }) : lines;
}

/** Ids as a sender may choose them: some differ from another by as little as two texts can. */
const idShapes: readonly ((id: number) => string)[] = [
  (id) => `message ${id}`,
  (id) => `message ${id - 1}\u0000`,
  (id) => `message ${id - 2} `,
  (id) => `${"long ".repeat(12)}${id}`,
  (id) => String(id),
  (id) => `__proto__${id}`,
];

const messageIdOf = (id: number): string => idShapes[id % idShapes.length]?.(id) ?? "";

function textOf({ id, source, kind, ageMs, timestampMs, price, shop, size, flaw }: SentEvent): string {
  const name = kind === "sale" ? "Sold" : "Viewed";
  const text = JSON.stringify({
    type: flaw === "type" ? "sale" : kind === "page" ? "page" : "track",
    ...(kind === "page" ? { name } : { event: name }),
    ...(source === undefined ? {} : { source }),
    ...(id === undefined ? {} : { messageId: messageIdOf(id) }),
    ...(ageMs === undefined ? {} : { timestamp: flaw === "timestamp" ? "soon" : new Date(timestampMs).toISOString() }),
    properties: {
      shop: shop === longShop ? "long ".repeat(60) : shop,
      size,
      ...(price === undefined ? {} : { price }),
    },
  });
  return flaw === "json" ? text.replace('"type"', "type") : text;
}

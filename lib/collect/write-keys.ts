import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { SourceSettings } from "../config/settings.ts";
import { writeKeySecret } from "../names.ts";
import { type Secrets, secretAgeMsMax, secretRetryMs } from "./secrets.ts";
import { TokenBucket } from "./token-bucket.ts";

export type { SourceSettings } from "../config/settings.ts";

/** What a write key is: of a source, of none, or not settled yet, for the secrets may have changed since they were read. */
export type KeyOwner = SourceSettings | "unsettled" | undefined;

/** Knows sources by their write keys. */
export interface WriteKeys {
  /** Throws where no key could be read yet. */
  sourceOf(writeKey: string): Promise<KeyOwner>;
}

/**
 * A rotation is seen by every read that begins so long after it. Secrets Manager says only that changes take time to be
 * visible everywhere (user guide, "Troubleshooting"); it is seconds.
 */
const settledAfterMs = 10_000;
/** Keys that are unknown make the secrets be read again, no more often than this. */
const rereads = { burst: 5, everyMs: 60_000 };
/** Requests to the secrets under way at once. */
const requestsMax = 10;
/** Keys of nobody that are remembered, those asked for last: some 2 MB. */
const strangersMax = 10_000;

/**
 * Write keys as secrets, held in memory by their hashes. The current value of a secret and the previous one both count,
 * so that a key can be rotated while clients still have the old one. When the secrets cannot be read, the keys last
 * read go on.
 *
 * A key is nobody's only if a read says so that began long enough after the key was first asked for: before that it may have
 * been rotated in a moment ago, and SDKs drop events on 401. How often strangers make the secrets be read is bounded;
 * while they have used that up, keys that nobody knows stay unsettled.
 */
export class SecretWriteKeys implements WriteKeys {
  readonly #secrets: Secrets;
  readonly #sources: readonly SourceSettings[];
  readonly #clock: Pick<Clock, "now">;
  readonly #rereads: TokenBucket;
  readonly #strangersMax: number;
  /** When each key that was unknown was first asked for, by its hash; those asked for last at the end. */
  readonly #strangers = new Map<string, number>();
  #known: ReadonlyMap<string, SourceSettings> | undefined;
  #triedMs = Number.NEGATIVE_INFINITY;
  /** When the read began that the keys are of. */
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(
    secrets: Secrets,
    sources: readonly SourceSettings[],
    clock: Pick<Clock, "now"> = systemClock,
    max = strangersMax,
  ) {
    this.#secrets = secrets;
    this.#sources = sources;
    this.#clock = clock;
    this.#rereads = new TokenBucket(rereads, clock);
    this.#strangersMax = max;
  }

  async sourceOf(writeKey: string): Promise<KeyOwner> {
    const hash = hashOf(writeKey);
    const nowMs = this.#clock.now();
    const isOld = nowMs - this.#readMs >= secretAgeMsMax && nowMs - this.#triedMs >= secretRetryMs;
    if (this.#known === undefined || isOld) await this.#read();
    return this.#known?.get(hash) ?? this.#stranger(hash, nowMs);
  }

  async #stranger(hash: string, nowMs: number): Promise<KeyOwner> {
    const askedMs = this.#askedFirst(hash, nowMs);
    if (this.#isWorthReading(askedMs) && this.#rereads.take()) await this.#read();
    return this.#known?.get(hash) ?? (this.#isSettled(askedMs) ? undefined : "unsettled");
  }

  /** Whether the keys were read so long after a key was first asked for that it would be among them. */
  #isSettled(askedMs: number): boolean {
    return this.#readMs - askedMs >= settledAfterMs;
  }

  /** Nothing was read since it was first asked for; or a read would settle it; or the last one is old. */
  #isWorthReading(askedMs: number): boolean {
    const nowMs = this.#clock.now();
    if (this.#isSettled(askedMs)) return nowMs - this.#triedMs >= secretRetryMs;
    return this.#triedMs < askedMs || nowMs - askedMs >= settledAfterMs;
  }

  #askedFirst(hash: string, nowMs: number): number {
    const askedMs = this.#strangers.get(hash) ?? nowMs;
    this.#strangers.delete(hash);
    this.#strangers.set(hash, askedMs);
    const [oldest] = this.#strangers.keys();
    if (this.#strangers.size > this.#strangersMax && oldest !== undefined) this.#strangers.delete(oldest);
    return askedMs;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readAll(this.#clock.now()).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(nowMs: number): Promise<void> {
    this.#triedMs = nowMs;
    try {
      this.#known = await readKeys(this.#secrets, this.#sources);
      this.#readMs = nowMs;
    } catch (error) {
      if (this.#known === undefined) throw error;
    }
  }
}

const hashOf = (writeKey: string): string => createHash("sha256").update(writeKey).digest("base64");

async function readKeys(secrets: Secrets, sources: readonly SourceSettings[]): Promise<Map<string, SourceSettings>> {
  const waiting = sources.flatMap((source) => [
    { source, stage: "AWSPREVIOUS" as const },
    { source, stage: "AWSCURRENT" as const },
  ]);
  const found: { source: SourceSettings; stage: string; hash: string }[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { source, stage } = next;
      const value = await secrets.read(writeKeySecret(source.name), stage);
      if (value !== undefined && value !== "") found.push({ source, stage, hash: hashOf(value) });
    }
  };
  await Promise.all(Array.from({ length: Math.min(requestsMax, waiting.length) }, worker));
  // A current key goes before another source's previous one.
  found.sort((a, b) => (a.stage === b.stage ? 0 : a.stage === "AWSPREVIOUS" ? -1 : 1));
  return new Map(found.map(({ hash, source }) => [hash, source]));
}

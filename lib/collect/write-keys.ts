import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { SourceSettings } from "../defaults.ts";
import { writeKeySecret } from "../names.ts";
import type { Secrets } from "./secrets.ts";

export type { SourceSettings } from "../defaults.ts";

/** Knows sources by their write keys. */
export interface WriteKeys {
  /** The source that a write key belongs to; undefined where there is none. Throws where no key could be read yet. */
  sourceOf(writeKey: string): Promise<SourceSettings | undefined>;
}

/** A key that is no longer the secret's is refused so long after, at the latest. */
const keysAgeMsMax = 5 * 60_000;
/** Keys that are unknown make the secrets be read again, no more often than this. */
const rereadMsMin = 60_000;
/** Requests to the secrets under way at once. */
const requestsMax = 10;

/**
 * Write keys as secrets, held in memory by their hashes. The current value of a secret and the previous one both count,
 * so that a key can be rotated while clients still have the old one. When the secrets cannot be read, the keys last
 * read go on.
 */
export class SecretWriteKeys implements WriteKeys {
  readonly #secrets: Secrets;
  readonly #sources: readonly SourceSettings[];
  readonly #clock: Pick<Clock, "now">;
  #known: ReadonlyMap<string, SourceSettings> | undefined;
  #triedMs = Number.NEGATIVE_INFINITY;
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(secrets: Secrets, sources: readonly SourceSettings[], clock: Pick<Clock, "now"> = systemClock) {
    this.#secrets = secrets;
    this.#sources = sources;
    this.#clock = clock;
  }

  async sourceOf(writeKey: string): Promise<SourceSettings | undefined> {
    const hash = hashOf(writeKey);
    const nowMs = this.#clock.now();
    const mayRead = nowMs - this.#triedMs >= rereadMsMin;
    const isOld = nowMs - this.#readMs >= keysAgeMsMax;
    const isWanted = this.#known === undefined || (mayRead && (isOld || !this.#known.has(hash)));
    // One that asks while the secrets are being read waits for that only where it needs it.
    if (isWanted || (this.#reading !== undefined && this.#known?.has(hash) !== true)) await this.#read(nowMs);
    return this.#known?.get(hash);
  }

  #read(nowMs: number): Promise<void> {
    this.#reading ??= this.#readAll(nowMs).finally(() => {
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

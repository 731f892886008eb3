import { type Clock, systemClock } from "../clock.ts";
import type { PrivacyRules } from "../config/settings.ts";
import { names } from "../names.ts";
import { type Privacy, privacyOf } from "./privacy.ts";
import { RequestRefused } from "./request-refused.ts";
import { type Secrets, secretAgeMsMax, secretRetryMs } from "./secrets.ts";

/**
 * The privacy rules with the key that values are hashed with now: it may be rotated, and is read again every few minutes.
 * While it cannot be read, the key last read goes on.
 */
export class CurrentPrivacy {
  readonly #rules: PrivacyRules;
  readonly #secrets: Secrets;
  readonly #clock: Pick<Clock, "now">;
  #privacy: Privacy | undefined;
  #readMs = Number.NEGATIVE_INFINITY;
  #triedMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(rules: PrivacyRules, secrets: Secrets, clock: Pick<Clock, "now"> = systemClock) {
    this.#rules = rules;
    this.#secrets = secrets;
    this.#clock = clock;
    if (rules.hash.length === 0) this.#privacy = privacyOf(rules, undefined);
  }

  /** Rejects with RequestRefused where there was never a key to hash with: nothing may be kept without it. */
  async now(): Promise<Privacy> {
    if (this.#isDue) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading.catch((cause: unknown) => {
        if (this.#privacy === undefined) throw unreadable(cause);
      });
    }
    if (this.#privacy === undefined) throw unreadable(undefined);
    return this.#privacy;
  }

  get #isDue(): boolean {
    if (this.#rules.hash.length === 0) return false;
    const nowMs = this.#clock.now();
    const isOld = nowMs - this.#readMs >= secretAgeMsMax && nowMs - this.#triedMs >= secretRetryMs;
    return this.#privacy === undefined || isOld;
  }

  async #read(): Promise<void> {
    const nowMs = this.#clock.now();
    this.#triedMs = nowMs;
    this.#privacy = privacyOf(this.#rules, await this.#secrets.read(names.privacyKey, "AWSCURRENT"));
    this.#readMs = nowMs;
  }
}

const unreadable = (cause: unknown): RequestRefused =>
  new RequestRefused("KeysUnavailable", "the key for hashing cannot be read now", { cause });

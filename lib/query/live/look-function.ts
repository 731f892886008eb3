import type { Clock } from "../../clock.ts";
import type { Outcome } from "../../invoke.ts";
import { NotNow } from "../not-now.ts";
import type { ShardsAnswer } from "../shards.ts";
import type { LiveAnswer } from "./live-events.ts";
import type { Look, LookAnswer, Looks } from "./look.ts";

/** The function answers in some ms, and a first time in a second: for so long a question waits for its turn. */
const turnMsMax = 1_500;
/** Between two tries, at most, evenly drawn: those who wait must not come together. */
const pauseMsMax = 100;
/** The states of the shards stand for a second. */
const freshMs = 1_000;
/** Older ones are given, with their time, while the function has no time. */
const staleMsMax = 30_000;
const busySeconds = 1;
const downSeconds = 5;

/** Invokes the function once. */
export type InvokeLook = (look: Look) => Promise<Outcome<unknown>>;

/** The one function that reads the stream for all who look, as those see it who answer them. */
export class LookFunction {
  readonly #invoke: InvokeLook;
  readonly #clock: Clock;
  #shards: ShardsAnswer | undefined;

  constructor(invoke: InvokeLook, clock: Clock) {
    this.#invoke = invoke;
    this.#clock = clock;
  }

  /** The newest events, for a query that is known to be right. Throws NotNow. */
  live(query: string): Promise<LiveAnswer> {
    return this.#ask<"live">({ look: "live", query });
  }

  /** The states of all shards, of up to a second ago; while too many ask, older ones. Throws NotNow. */
  async shards(): Promise<ShardsAnswer> {
    const known = this.#shards;
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() - Date.parse(known.asOf);
    if (known !== undefined && ageMs < freshMs) return known;
    try {
      this.#shards = await this.#ask<"shards">({ look: "shards" });
      return this.#shards;
    } catch (error) {
      const isBusy = error instanceof NotNow && error.status === 429;
      if (known !== undefined && isBusy && ageMs < staleMsMax) return known;
      throw error;
    }
  }

  async #ask<Kind extends Look["look"]>(look: Look & { readonly look: Kind }): Promise<Looks[Kind]> {
    const untilMs = this.#clock.now() + turnMsMax;
    for (;;) {
      const outcome = await this.#invoke(look);
      if (outcome.kind === "done") {
        const body = outcome.answer as LookAnswer;
        if ("answer" in body) return body.answer as Looks[Kind];
        throw new NotNow(503, downSeconds, `A service that the answer comes from is down: ${body.unavailable}`);
      }
      if (outcome.kind !== "refused" || outcome.isBusy !== true) {
        throw new NotNow(503, downSeconds, "The function that reads the stream does not answer");
      }
      const pauseMs = Math.ceil(Math.random() * pauseMsMax);
      if (this.#clock.now() + pauseMs > untilMs) {
        throw new NotNow(429, busySeconds, "Too many look at once: ask again in a second");
      }
      await this.#clock.sleep(pauseMs);
    }
  }
}

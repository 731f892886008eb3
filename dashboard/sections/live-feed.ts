import type { LiveEvent } from "../../lib/query/live/live-event.ts";
import type { LiveAnswer } from "../../lib/query/live/live-events.ts";

/** Events that the page holds. */
export const liveMax = 200;
/** After a longer pause, events between are missing: the list begins anew rather than with a gap in it. */
const pauseMsMax = 60_000;

export interface LiveFilter {
  readonly name: string;
  readonly user: string;
  readonly source: string;
}

export const noFilter: LiveFilter = { name: "", user: "", source: "" };

/** What of the events as they come the page has asked for, and where it goes on. */
export class LiveFeed {
  #filter = noFilter;
  #cursor = "";
  #answeredMs = 0;

  /** Begins anew with another filter. */
  filter(filter: LiveFilter): void {
    this.#filter = filter;
    this.#cursor = "";
  }

  /** What to ask for; `isNew` where the answer takes the place of all that is shown. */
  question(nowMs: number): { readonly path: string; readonly isNew: boolean } {
    if (nowMs - this.#answeredMs > pauseMsMax) this.#cursor = "";
    const fields = new URLSearchParams();
    for (const [field, value] of Object.entries(this.#filter)) if (value.trim() !== "") fields.set(field, value.trim());
    if (this.#cursor !== "") fields.set("after", this.#cursor);
    const query = String(fields);
    return { path: `/v1/live${query === "" ? "" : `?${query}`}`, isNew: this.#cursor === "" };
  }

  answered({ cursor }: LiveAnswer, nowMs: number): void {
    this.#cursor = cursor;
    this.#answeredMs = nowMs;
  }
}

/** What is said of an event in one line: what it counts in, or why it does not. */
export function outcomeInWords({
  refused,
  observed,
  metrics,
}: Pick<LiveEvent, "refused" | "observed" | "metrics">): string {
  if (refused !== null) return `${refused.reason}: ${refused.detail}`;
  const accepted = metrics.length === 0 ? "accepted, in no metric" : `accepted: ${metrics.join(", ")}`;
  return observed === null ? accepted : `${accepted}; breaks the plan: ${observed}`;
}

/** What is said above the list. */
export function noteInWords(
  { leftOut, shards, staleMs }: Pick<LiveAnswer, "leftOut" | "shards" | "staleMs">,
  shown: number,
): string {
  const notes = [
    shown === 0 ? "No such event in the last minute; those that come are shown within two seconds." : "",
    leftOut ? "There were more events than are shown: these are the newest." : "",
    shards.throttled > 0
      ? `Kinesis throttles ${shards.throttled} of ${shards.read} shards, and counting goes first: shown as of ${Math.round(staleMs / 1_000)} s ago.`
      : "",
    shards.read < shards.all ? `Of ${shards.all} shards, ${shards.read} are looked at.` : "",
  ];
  return notes.filter((note) => note !== "").join(" ");
}

/** The text of an event, laid out where it is JSON. */
export function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The command that says what became of it; in single quotes, where a shell changes nothing. */
export const whyCommand = (messageId: string): string =>
  `npx millrace why ${/^[\w.-]+$/.test(messageId) && !messageId.startsWith("-") ? messageId : `-- '${messageId.replaceAll("'", "'\\''")}'`}`;

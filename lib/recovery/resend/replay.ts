import { createHash } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { problem } from "../../problem.ts";
import { eventsOfFile, isSettled, matches } from "../../query/quarantine/answer.ts";
import type { QuarantinedEvent } from "../../query/quarantine/entry.ts";
import type { EventFilter } from "../../query/quarantine/question.ts";
import { readAhead } from "../../query/quarantine/read-ahead.ts";
import { standingFiles } from "../../query/quarantine/standing-files.ts";
import { nameText } from "../../roll-up/dedupe/message-hash.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
import type { QuarantineFiles } from "../../store/quarantine/quarantine-files.ts";
import type { Fields } from "../../stream/event/fields.ts";
import { isCut } from "../../stream/event/refused.ts";
import { replayWindowMs } from "../../stream/event/replayed.ts";
import { joined, previewOf } from "../isolate/preview.ts";
import { Forecast, type ForecastRules } from "./forecast.ts";
import { decide, type Mark, type ReplayMarks } from "./marks.ts";
import { type ReplayReport, ReplayTally } from "./report.ts";
import { type Candidate, candidateOf, packed, replayedEvent } from "./resent-event.ts";
import { type Decided, Uncounted, type UncountedPorts, type Wanted } from "./uncounted.ts";

export interface ReplayPorts extends UncountedPorts {
  readonly files: QuarantineFiles;
  readonly ledger: UncountedPorts["ledger"] & Pick<Ledger, "committed">;
  readonly marks: ReplayMarks;
  /** Resolves when the stream has taken all events; what it has not by the deadline is given up. */
  readonly send: (events: readonly Fields[], deadlineMs: number) => Promise<void>;
  readonly clock: Pick<Clock, "now">;
}

export interface ReplayOptions extends ForecastRules {
  /** Which events: those that match, or those that are named. */
  readonly filter: EventFilter;
  readonly entries?: readonly QuarantinedEvent[];
  /** A JSON Merge Patch for each of them. */
  readonly patch?: Fields;
  readonly dryRun: boolean;
  /** Events that are sent at most. */
  readonly limit: number;
}

/** Events that are marked and sent together, and characters of them. */
const chunkEventsMax = 500;
const chunkTextMax = 4 * 1024 * 1024;
/** Marks that are read or moved at a time. */
const marksAtOnce = 16;
/** An attempt lasts so long a part of the time in which its copies count: the rest is for clocks that are ahead. */
const attemptShare = 3;

/**
 * Sends events of quarantine into the stream again, each message once, however often it is asked for and wherever it was
 * ended: what it does with an event stands in the event's mark before anything is sent. The mark gives a copy a time, and
 * the roll-up counts none that arrives later: so once it is over, and the roll-up has come past it, the ledger knows
 * whether one was counted. What would be refused again is not sent. Rejects with what `send` does: the events it was
 * given are in doubt then, and running it again settles them.
 */
export async function replay(options: ReplayOptions, ports: ReplayPorts): Promise<ReplayReport> {
  return new Replay(options, ports).run();
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #ports: ReplayPorts;
  readonly #forecast: Forecast;
  readonly #patch: string;
  readonly #windowMs: number;
  readonly #tally = new ReplayTally();
  readonly #uncounted: Uncounted;
  /** Messages that this run sends. */
  readonly #begun = new Set<string>();
  readonly #settled = new Map<string, boolean>();

  constructor(options: ReplayOptions, ports: ReplayPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#forecast = new Forecast(options);
    this.#uncounted = new Uncounted(ports, options.definitions.dedupeWindowMs, this.#tally);
    this.#patch = createHash("sha256")
      .update(JSON.stringify(options.patch ?? {}))
      .digest("hex")
      .slice(0, 16);
    this.#windowMs = replayWindowMs(options.definitions.dedupeWindowMs);
  }

  async run(): Promise<ReplayReport> {
    const tally = this.#tally;
    let chunk: Candidate[] = [];
    let characters = 0;
    for await (const event of this.#matching()) {
      if (tally.outcomes.sent + chunk.length >= this.#options.limit) {
        await this.#replayAll(chunk);
        chunk = [];
        if (tally.outcomes.sent >= this.#options.limit) {
          tally.complete = false;
          break;
        }
      }
      tally.events++;
      const candidate = await this.#candidate(event);
      if (candidate === undefined) continue;
      chunk.push(candidate);
      characters += event.text?.length ?? 0;
      if (chunk.length < chunkEventsMax && characters < chunkTextMax) continue;
      await this.#replayAll(chunk);
      chunk = [];
      characters = 0;
    }
    await this.#replayAll(chunk);
    return tally.report(this.#options.dryRun);
  }

  async *#matching(): AsyncGenerator<QuarantinedEvent> {
    const { filter, entries } = this.#options;
    if (entries !== undefined) return yield* entries;
    const { files, clock } = this.#ports;
    const standing = standingFiles(files, filter, { nowMs: clock.now(), first: "oldest" });
    for await (const file of readAhead(standing, files)) {
      for await (const event of eventsOfFile(files, file, filter.reason)) if (matches(event, filter)) yield event;
    }
  }

  async #candidate(event: QuarantinedEvent): Promise<Candidate | undefined> {
    const { outcomes } = this.#tally;
    const { key } = event.file;
    if (!this.#settled.has(key)) {
      this.#settled.clear();
      this.#settled.set(key, await isSettled(event, this.#ports.ledger));
    }
    const candidate = candidateOf(event, this.#options.patch);
    if (candidate === undefined) outcomes.unreadable++;
    else if (!this.#settled.get(key)) outcomes.unsettled++;
    else if (isCut(candidate.event.fields ?? {})) this.#tally.refuse(event.entry.id, cutDown);
    else if (event.isByStore) this.#tally.refuse(event.entry.id, halfCounted);
    else if (this.#begun.has(nameText(candidate.name))) outcomes.replayed++;
    else return candidate;
    return undefined;
  }

  async #replayAll(chunk: readonly Candidate[]): Promise<void> {
    if (chunk.length === 0) return;
    const nowMs = this.#ports.clock.now();
    const untilMs = nowMs + this.#windowMs / attemptShare;
    const events = chunk.map((candidate) => replayedEvent(candidate, candidate.attempt + 1, untilMs));
    const fit: Candidate[] = [];
    const details = chunk.map(({ event }) => event.entry.detail);
    this.#forecast.of(events, details, nowMs).forEach((problem, place) => {
      const candidate = chunk[place];
      if (candidate === undefined) return;
      if (problem === undefined) fit.push(candidate);
      else this.#tally.refuse(candidate.event.entry.id, problem);
    });
    const decided = await inSlices(fit, async (candidate): Promise<Decided> => {
      const mark = await this.#ports.marks.read(candidate.name);
      return { candidate, decision: decide(candidate, this.#patch, mark, nowMs) };
    });
    const wanted = await this.#uncounted.of(decided, nowMs);
    const sending = await inSlices(wanted, (one) => this.#begin(one, untilMs));
    await this.#send(sending.filter((one) => one !== undefined));
  }

  /** Takes the mark; undefined where somebody else was faster. */
  async #begin({ candidate, mark, again }: Wanted, untilMs: number): Promise<Sending | undefined> {
    if (this.#begun.has(nameText(candidate.name))) {
      this.#tally.outcomes.replayed++;
      return undefined;
    }
    this.#begun.add(nameText(candidate.name));
    const attempt = again ? (mark?.attempt ?? 1) : (mark?.attempt ?? 0) + 1;
    const until = again ? (mark?.untilMs ?? untilMs) : untilMs;
    const event = replayedEvent(candidate, attempt, until);
    const entry = candidate.event.entry.id;
    const next = {
      attempt,
      of: candidate.attempt,
      state: "sending",
      entry,
      patch: this.#patch,
      untilMs: until,
    } as const;
    if (this.#options.dryRun || again) return { candidate, event, mark: { revision: mark?.revision ?? 0, ...next } };
    if (await this.#ports.marks.move(candidate.name, mark, next)) {
      return { candidate, event, mark: { revision: (mark?.revision ?? 0) + 1, ...next } };
    }
    this.#tally.doubt("another replay of the same events is running");
    return undefined;
  }

  async #send(sending: readonly Sending[]): Promise<void> {
    if (sending.length === 0) return;
    const { marks, send, clock } = this.#ports;
    const { definitions, dryRun } = this.#options;
    const events = sending.map(({ event }) => event);
    if (!dryRun) {
      const untilMs = Math.min(...sending.map(({ mark }) => mark.untilMs));
      await send(events, Math.max(1, untilMs - clock.now()));
      await inSlices(sending, ({ candidate, mark }) => {
        const { revision: _, ...next } = mark;
        return marks.move(candidate.name, mark, { ...next, state: "sent" });
      });
    }
    this.#tally.outcomes.sent += sending.length;
    this.#tally.preview = joined(this.#tally.preview, previewOf(packed(events, clock.now()), definitions));
  }
}

const halfCounted = problem(
  "refused",
  "expected an event that counts nowhere, got one of which the store refused a row: others of it may count",
);

const cutDown = problem("invalid", "expected an event as it was sent, got what could be kept of one");

interface Sending {
  readonly candidate: Candidate;
  readonly event: Fields;
  readonly mark: Mark;
}

async function inSlices<From, To>(all: readonly From[], run: (one: From) => Promise<To>): Promise<To[]> {
  const results: To[] = [];
  for (let from = 0; from < all.length; from += marksAtOnce) {
    results.push(...(await Promise.all(all.slice(from, from + marksAtOnce).map(run))));
  }
  return results;
}

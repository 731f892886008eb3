import type { Clock } from "../../lib/clock.ts";
import { type EventLine, eventLine } from "../../lib/producer/event-line.ts";
import { EventRefused } from "../../lib/producer/event-refused.ts";
import type { Outlook } from "./outlook.ts";
import { Pace } from "./pace.ts";
import type { Progress, ProgressState } from "./progress.ts";
import type { Message, RecordedEvent } from "./recorded-event.ts";
import { type Stamp, stamp } from "./stamp.ts";
import type { Survey } from "./survey.ts";

/** What a replay reads. */
export interface ReplaySource extends AsyncIterable<readonly RecordedEvent[]> {
  /** How much has been read, 0 to 1. */
  readonly fraction: number;
}

/** Where it sends; a Producer is one. */
export interface ReplaySink {
  send(event: Message, line: EventLine): Promise<void> | undefined;
  flush(): Promise<void>;
  readonly counters: { readonly notTaken: number };
}

export interface ReplayOptions {
  readonly recording: ReplaySource;
  readonly producer: ReplaySink;
  /** Times real time; "max" does not wait. */
  readonly speed: number | "max";
  readonly clock: Clock;
  readonly stamp?: Stamp;
  readonly progress?: Progress;
  /** The recording's span, where it is known: a paced replay then knows what time is left. */
  readonly survey?: Survey;
  /** Judges each event as it is sent. */
  readonly outlook?: Outlook;
  /** Stops before the next event; what was sent is still flushed. */
  readonly signal?: AbortSignal;
  /** Called for an event that the producer refuses; it is left out. Without it the refusal is thrown. */
  readonly onRefused?: (messageId: string, reason: string) => void;
}

export interface ReplayResult {
  /** Events the producer accepted, all of them taken by the stream. */
  readonly events: number;
  readonly refused: number;
  readonly elapsedMs: number;
  /** Whether the signal ended it. */
  readonly stopped: boolean;
}

/**
 * Sends a recording. Resolves when the stream has taken all of it; rejects with what the recording or the producer
 * throws, and as soon as it is known that events were not taken (EventsNotTaken).
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { recording, producer, clock, progress, signal } = options;
  const startMs = clock.now();
  const run = new Run(options);
  for await (const batch of recording) {
    for (const event of batch) {
      if (run.early(event) && !(await run.wait(event))) break;
      const room = run.send(event);
      if (room !== undefined) await room;
    }
    progress?.update(run.state());
    // Where events were not taken, the flush tells why.
    if (signal?.aborted || producer.counters.notTaken > 0) break;
  }
  await producer.flush();
  progress?.done(run.state());
  const { events, refused } = run;
  return { events, refused, elapsedMs: clock.now() - startMs, stopped: signal?.aborted ?? false };
}

const unchanged: Stamp = { shiftMs: 0, run: "" };

/** One replay under way. */
class Run {
  events = 0;
  refused = 0;
  #timeMs = Number.NEGATIVE_INFINITY;
  readonly #options: ReplayOptions;
  readonly #pace: Pace;
  readonly #stamp: Stamp;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#pace = new Pace(options.speed, options.clock);
    this.#stamp = options.stamp ?? unchanged;
  }

  early({ timeMs }: RecordedEvent): boolean {
    return this.#pace.waitMs(timeMs) > 0;
  }

  /** Waits until an event is due. False when the replay was stopped meanwhile. */
  async wait({ timeMs }: RecordedEvent): Promise<boolean> {
    const { signal, progress } = this.#options;
    while (!signal?.aborted) {
      if (await this.#pace.nap(timeMs)) return true;
      progress?.update(this.state());
    }
    return false;
  }

  send(event: RecordedEvent): Promise<void> | undefined {
    const { producer, onRefused, outlook, clock } = this.#options;
    this.#timeMs = Math.max(this.#timeMs, event.timeMs);
    const message = stamp(event, this.#stamp);
    try {
      const line = eventLine(message);
      const room = producer.send(message, line);
      outlook?.add(message.messageId, line.text, clock.now());
      this.events++;
      return room;
    } catch (error) {
      if (!(error instanceof EventRefused) || onRefused === undefined) throw error;
      this.refused++;
      onRefused(message.messageId, error.reason);
      return undefined;
    }
  }

  state(): ProgressState {
    const { recording, speed, survey } = this.#options;
    const { events } = this;
    if (speed === "max" || survey === undefined || events === 0) return { events, fraction: recording.fraction };
    const leftMs = (survey.lastMs - this.#timeMs) / speed;
    return { events, fraction: 1 - leftMs / Math.max(1, (survey.lastMs - survey.firstMs) / speed), leftMs };
  }
}

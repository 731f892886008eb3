import type { Clock } from "../../lib/clock.ts";

/** Where progress is shown; a terminal (process.stderr) is redrawn in place. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressState {
  readonly events: number;
  /** How much is done, 0 to 1. */
  readonly fraction: number;
  /** Milliseconds left where that is known better than from the fraction. */
  readonly leftMs?: number;
}

const redrawMs = 200;
const lineMs = 5_000;
const barWidth = 24;
const eraseToEnd = "\x1b[K";

const grouped = (count: number): string => Math.round(count).toLocaleString("en-US");

/** 75,000 ms is "1:15". */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const pad = (part: number): string => String(part).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** Shows how far a replay is: a bar on a terminal, otherwise a line every few seconds. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #clock: Clock;
  readonly #startMs: number;
  #shownMs: number;

  constructor(output: ProgressOutput, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#shownMs = this.#startMs;
  }

  /** Cheap enough to call all the time. */
  update(state: ProgressState): void {
    const nowMs = this.#clock.now();
    if (nowMs - this.#shownMs < (this.#output.isTTY ? redrawMs : lineMs)) return;
    this.#shownMs = nowMs;
    this.#show(this.#text(state, nowMs));
  }

  /** Shows the end, and leaves the line. */
  done(state: ProgressState): void {
    this.#show(this.#text({ ...state, leftMs: 0 }, this.#clock.now()));
    if (this.#output.isTTY) this.#output.write("\n");
  }

  #show(text: string): void {
    const { isTTY, columns = 80 } = this.#output;
    this.#output.write(isTTY ? `\r${text.slice(0, Math.max(1, columns - 1))}${eraseToEnd}` : `${text}\n`);
  }

  #text({ events, fraction, leftMs }: ProgressState, nowMs: number): string {
    const elapsedMs = Math.max(1, nowMs - this.#startMs);
    const done = Math.min(1, Math.max(0, fraction));
    const left = leftMs ?? (done > 0 ? (elapsedMs * (1 - done)) / done : undefined);
    const bar = "#".repeat(Math.round(done * barWidth)).padEnd(barWidth, ".");
    const percent = `${Math.floor(done * 100)}`.padStart(3);
    const time = left === 0 ? `${duration(elapsedMs)} taken` : left === undefined ? "" : `${duration(left)} left`;
    return `[${bar}] ${percent} %  ${grouped(events)} events  ${grouped((events * 1_000) / elapsedMs)}/s  ${time}`.trimEnd();
  }
}

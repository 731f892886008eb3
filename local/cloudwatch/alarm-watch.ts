import { type AlarmFinding, type AlarmSettings, alarmState, checkAlarm } from "./alarm.ts";
import type { MetricStore } from "./metrics.ts";

/** An alarm with what it found last. */
export interface WatchedAlarm extends AlarmFinding {
  readonly settings: AlarmSettings;
  /** When its state last became another. */
  readonly changedMs: number;
}

/** All alarms over one store of metrics, with their states. */
export class AlarmWatch {
  readonly #metrics: MetricStore;
  readonly #sinceMs: number;
  readonly #alarms = new Map<string, WatchedAlarm>();

  /** Periods before `sinceMs` do not count: nothing ran yet. */
  constructor(metrics: MetricStore, sinceMs: number) {
    this.#metrics = metrics;
    this.#sinceMs = sinceMs;
  }

  /** Throws an error that names what the alarm asks for and is not known here. */
  add(settings: AlarmSettings): void {
    checkAlarm(settings);
    const reason = "Not looked at yet";
    this.#alarms.set(settings.name, { settings, state: "INSUFFICIENT_DATA", reason, changedMs: this.#sinceMs });
  }

  /** The alarms by name, as they were at the last check. */
  get alarms(): readonly WatchedAlarm[] {
    return [...this.#alarms.values()].sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
  }

  /** Looks at every alarm. Returns the ones whose state went to ALARM or came from there: each change is told once. */
  check(nowMs: number): WatchedAlarm[] {
    const changed: WatchedAlarm[] = [];
    for (const before of this.#alarms.values()) {
      const found = alarmState(before.settings, this.#metrics, this.#sinceMs, nowMs);
      const isOther = found.state !== before.state;
      const now = { ...before, ...found, changedMs: isOther ? nowMs : before.changedMs };
      this.#alarms.set(before.settings.name, now);
      if (isOther && (found.state === "ALARM" || before.state === "ALARM")) changed.push(now);
    }
    return changed;
  }
}

/** Times as the page shows them: in the browser's zone, 24 hours. */
export class ClockFace {
  readonly #minute: Intl.DateTimeFormat;
  readonly #second: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #offset: Intl.DateTimeFormat;
  readonly #zone: string;

  /** `timeZone` is the browser's own unless named. */
  constructor(timeZone?: string, locale?: string) {
    const zone = timeZone === undefined ? {} : { timeZone };
    const minute = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone } as const;
    this.#minute = new Intl.DateTimeFormat(locale, minute);
    this.#second = new Intl.DateTimeFormat(locale, { ...minute, second: "2-digit" });
    this.#day = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", ...zone });
    this.#offset = new Intl.DateTimeFormat("en", { timeZoneName: "longOffset", ...zone });
    this.#zone = this.#minute.resolvedOptions().timeZone;
  }

  /** "14:03" */
  minute(ms: number): string {
    return this.#minute.format(ms);
  }

  /** "14:03:25", with the day before it where that is not today. */
  second(ms: number, nowMs: number): string {
    const time = this.#second.format(ms);
    return this.day(ms) === this.day(nowMs) ? time : `${this.day(ms)}, ${time}`;
  }

  /** "Tue, Mar 3" */
  day(ms: number): string {
    return this.#day.format(ms);
  }

  /** The first and the last minute of a bucket: "14:03–14:04", with the day before it where that is not today. */
  bucket(startMs: number, everyMs: number, nowMs: number): string {
    const times = `${this.minute(startMs)}–${this.minute(startMs + everyMs)}`;
    return this.day(startMs) === this.day(nowMs) ? times : `${this.day(startMs)}, ${times}`;
  }

  /** "Europe/Berlin (GMT+02:00)", at `ms`: the offset changes with daylight saving time. */
  zone(ms: number): string {
    const offset = this.#offset.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value;
    return offset === undefined || offset === this.#zone ? this.#zone : `${this.#zone} (${offset})`;
  }
}

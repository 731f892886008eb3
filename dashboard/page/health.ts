import type { ApiFailure } from "../api/api-failure.ts";

/** How it went with one thing that the page asks for. */
export interface SourceHealth {
  /** Asked for all the time: it tells how new the page is and whether the API answers. */
  readonly live: boolean;
  /** When it last was shown; undefined before the first time. */
  readonly shownAtMs: number | undefined;
  readonly failure: ApiFailure | undefined;
  readonly retryAtMs: number;
}

export interface Health {
  readonly level: "waiting" | "live" | "partial" | "down";
  /** Everything on the page is at least as new as this. */
  readonly shownAtMs: number | undefined;
  /** Why something is not there, and when it is asked for again. */
  readonly message: string | undefined;
  readonly retryAtMs: number;
}

/** The health of the page from that of all it asks for, by name. */
export function healthOf(sources: ReadonlyMap<string, SourceHealth>): Health {
  const all = [...sources.values()];
  const shown = all.filter(({ live }) => live).map(({ shownAtMs }) => shownAtMs ?? Number.NaN);
  const oldestMs = Math.min(...shown);
  const shownAtMs = Number.isFinite(oldestMs) ? oldestMs : undefined;
  const failed = [...sources].filter(([, { failure }]) => failure !== undefined);
  const failure = (failed.find(([, source]) => source.failure?.answered === false) ?? failed[0])?.[1].failure;
  if (failure === undefined) {
    return { level: shownAtMs === undefined ? "waiting" : "live", shownAtMs, message: undefined, retryAtMs: 0 };
  }
  const down = all.every(({ live, failure }) => !live || failure !== undefined);
  const names = failed.map(([name]) => name).join(", ");
  return {
    level: down ? "down" : "partial",
    shownAtMs,
    message: down ? failure.message : `${failure.message} (asked for: ${names})`,
    retryAtMs: Math.min(...failed.map(([, { retryAtMs }]) => retryAtMs)),
  };
}

import type { AnswerRow } from "../../lib/query/answer.ts";

/** 12:00:40 on a day in spring, UTC. */
export const noonMs = Date.UTC(2026, 2, 3, 12, 0, 40);
export const minuteMs = 60_000;

/** A row of an answer by the dimension "country". */
export const row = (timeMs: number, country: string, value: number): AnswerRow => ({
  time: new Date(timeMs).toISOString(),
  country,
  value,
});

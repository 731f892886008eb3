import { setTimeout as wait } from "node:timers/promises";
import { Analytics } from "@segment/analytics-node";
import type { Laptop } from "./laptop.ts";

export interface OutageOptions {
  readonly writeKey: string;
  /** The outage lasts so long, and until the client has heard of it: that is later than the collector waits for the stream. */
  readonly seconds: number;
  /** Before, during and after it. */
  readonly eventsPerSecond: number;
}

export interface OutageFigures {
  readonly events: number;
  /** Told delivered by the client, and told lost. */
  readonly acknowledged: number;
  readonly givenUp: number;
  /** Answers by their status. */
  readonly answers: Readonly<Record<number, number>>;
  /** From the end of the outage until the last event was acknowledged, in milliseconds. */
  readonly recoveryMs: number;
}

/** Where nobody hears of the outage, it ends by itself. */
const outageSecondsMax = 60;

/**
 * Sends screens by analytics-node, as it comes from npm, while the stream takes what is put into it and answers nothing:
 * the worst case, for what the client sends again is in the stream already.
 */
export async function throughAnOutage(
  laptop: Laptop,
  { writeKey, seconds, eventsPerSecond }: OutageOptions,
): Promise<OutageFigures> {
  const analytics = new Analytics({ writeKey, host: laptop.url, flushAt: 15, flushInterval: 500 });
  const answers: Record<number, number> = {};
  analytics.on("http_response", ({ status }) => {
    answers[Number(status)] = (answers[Number(status)] ?? 0) + 1;
  });
  // Told by each event's own callback too.
  analytics.on("error", () => {});
  let [events, acknowledged, givenUp] = [0, 0, 0];
  const send = async (forSeconds: number, isEnough = () => true): Promise<void> => {
    const untilMs = Date.now() + forSeconds * 1_000;
    for (; Date.now() < untilMs || !isEnough(); await wait(1_000 / eventsPerSecond)) {
      const userId = `person ${events++ % 97}`;
      analytics.screen({ userId, name: "Start" }, (error) => void (error === undefined ? acknowledged++ : givenUp++));
    }
  };
  await send(1);
  await laptop.rehearse("services/kinesis", { answers: "lost", seconds: outageSecondsMax });
  const latestMs = Date.now() + outageSecondsMax * 1_000;
  await send(seconds, () => Object.keys(answers).some((status) => status !== "200") || Date.now() > latestMs);
  await laptop.rehearse("services/kinesis", { answers: "normally" });
  const endMs = Date.now();
  await send(1);
  await analytics.closeAndFlush();
  return { events, acknowledged, givenUp, answers, recoveryMs: Date.now() - endMs };
}

import { join } from "node:path";
import { Laptop } from "../e2e/laptop.ts";
import { type OutageFigures, throughAnOutage } from "../e2e/stream-outage.ts";

const seconds = 30;
const eventsPerSecond = 100;

export interface OutageRun extends OutageFigures {
  /** In the metrics, when all is over. */
  readonly counted: number;
}

/** The stream is down for half a minute while analytics-node sends. Throws where an event is lost or counts twice. */
export async function outageFigures(): Promise<OutageRun> {
  await using laptop = await Laptop.start({ config: join(import.meta.dirname, "../e2e/collect.config.ts") });
  const figures = await throughAnOutage(laptop, { writeKey: "server-key", seconds, eventsPerSecond });
  await laptop.caughtUp();
  const { rows } = await laptop.get<{ rows: { value: number }[] }>("/v1/metrics/screens?every=all");
  const counted = rows[0]?.value ?? 0;
  if (counted !== figures.acknowledged) {
    throw new Error(`Expected all of ${JSON.stringify(figures)} once, got ${counted}`);
  }
  return { ...figures, counted };
}

/** The figures as lines. */
export function outageLines({ events, acknowledged, givenUp, answers, recoveryMs, counted }: OutageRun): string[] {
  const statuses = Object.entries(answers).map(([status, times]) => `${times} x ${status}`);
  return [
    `\nThe stream down for ${seconds} s while analytics-node sends ${eventsPerSecond} events a second to the collector`,
    `  ${events} events sent, ${acknowledged} acknowledged, ${givenUp} given up by the client; ${counted} counted`,
    `  answers                      ${statuses.join(", ")}`,
    `  last one acknowledged        ${(recoveryMs / 1_000).toFixed(1)} s after the stream was back`,
  ];
}

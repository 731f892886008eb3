import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";

/** Something that is due again and again. */
export interface Schedule {
  readonly name: string;
  readonly ruleArn: string;
  readonly everyMs: number;
  readonly functionArn: string;
  /** What the function gets; undefined for the event that EventBridge makes. */
  readonly input: string | undefined;
}

const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Milliseconds of "rate(5 minutes)" (EventBridge user guide, "Rate expressions"). Throws for cron, which is not run here. */
export function rateMs(expression: string): number {
  const match = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  const unit = units[match?.[2] ?? ""];
  const value = Number(match?.[1]);
  if (unit === undefined || value < 1) throw new Error(`expected ScheduleExpression to be a rate, got ${expression}`);
  return value * unit;
}

/** Invokes the function of a schedule whenever it is due, first after one interval, until the signal. */
export async function runSchedule(
  schedule: Schedule,
  clock: Clock,
  invoke: (functionArn: string, payload: string) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(schedule.everyMs, signal);
    if (signal.aborted) return;
    await invoke(schedule.functionArn, schedule.input ?? scheduledEvent(schedule, clock.now()));
  }
}

/** EventBridge user guide, "Events from AWS services", scheduled event. */
function scheduledEvent({ ruleArn }: Schedule, nowMs: number): string {
  const [, , , region = "", account = ""] = ruleArn.split(":");
  return JSON.stringify({
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account,
    time: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: [ruleArn],
    detail: {},
  });
}

import { expect, test } from "vitest";
import { rateMs, runSchedule, type Schedule } from "../../../local/eventbridge/schedule.ts";
import { scheduleRule } from "../../../local/template/resources/schedule-rule.ts";
import { VirtualClock } from "../virtual-clock.ts";

test.each([
  ["rate(1 minute)", 60_000],
  ["rate(15 minutes)", 900_000],
  ["rate(2 hours)", 7_200_000],
  ["rate(1 day)", 86_400_000],
])("%s is every %i ms", (expression, ms) => {
  expect(rateMs(expression)).toBe(ms);
});

test.each(["cron(0 12 * * ? *)", "rate(0 minutes)", "rate(5 seconds)", ""])("%s is refused by name", (expression) => {
  expect(() => rateMs(expression)).toThrow(`got ${expression}`);
});

const resource = (properties: Record<string, unknown>) => ({
  logicalId: "Rule",
  type: "AWS::Events::Rule",
  metadata: {},
  physicalId: "Stack-Rule",
  properties: { ScheduleExpression: "rate(5 minutes)", ...properties },
});

test("a rule's functions are scheduled, a disabled rule's are not, and any other target is refused", () => {
  const schedules: Schedule[] = [];
  const provision = scheduleRule((schedule) => schedules.push(schedule));
  const Arn = "arn:aws:lambda:us-east-1:000000000000:function:sweep";
  provision(resource({ Targets: [{ Id: "a", Arn }] }));
  provision(resource({ Targets: [{ Id: "a", Arn }], State: "DISABLED" }));
  expect(schedules).toMatchObject([{ functionArn: Arn, everyMs: 300_000 }]);
  expect(() => provision(resource({ Targets: [{ Id: "a", Arn: "arn:aws:sqs:::queue" }] }))).toThrow(
    "function as target",
  );
});

test("a function is invoked at every interval, with the event that EventBridge makes, and never twice at once", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const at: number[] = [];
  const payloads: string[] = [];
  const schedule = {
    name: "r",
    ruleArn: "arn:aws:events:us-east-1:000000000000:rule/r",
    everyMs: 60_000,
    functionArn: "f",
    input: undefined,
  };
  const start = clock.now();
  const invoke = async (_arn: string, payload: string): Promise<void> => {
    at.push(clock.now() - start);
    payloads.push(payload);
    if (at.length === 3) stop.abort();
    // Slower than the interval once: the next one waits its turn.
    await clock.sleep(at.length === 1 ? 90_000 : 0);
  };
  const running = runSchedule(schedule, clock, invoke, stop.signal);
  await clock.advance(600_000);
  await running;
  expect(at).toEqual([60_000, 210_000, 270_000]);
  expect(JSON.parse(payloads[0] ?? "")).toMatchObject({ source: "aws.events", resources: [schedule.ruleArn] });
});

import { describe, expect, test } from "vitest";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import { count, defineConfig, sum, track } from "../../../../lib/config.ts";
import { isProblem } from "../../../../lib/problem.ts";
import { eventLine } from "../../../../lib/producer/event-line.ts";
import { EventJudge } from "../../../../lib/roll-up/fold/event-judge.ts";
import { readEvent } from "../../../../lib/stream/event/event.ts";
import { basic } from "../../../handlers/api-request.ts";
import { CollectRig } from "../../../handlers/collect-rig.ts";

const config = defineConfig({
  metrics: {
    orders: { on: track("Order Completed"), measure: count() },
    revenue: { on: track("Order Completed"), measure: sum("properties.revenue") },
  },
});
const judge = new EventJudge(definitionsOf(config));
const rig = new CollectRig({ sources: { shop: {} } });

async function overHttp(path: string, body: string, contentType: string, more: Record<string, string> = {}) {
  const headers = { authorization: basic("shop:"), "content-type": contentType, ...more };
  const { status, events } = await rig.ask({ path, headers, body });
  expect([status, events.length]).toEqual([200, 1]);
  return JSON.stringify(events[0]);
}

const order = (properties: string): string => `{"type":"track","event":"Order Completed","properties":${properties}}`;
const attributes = { specversion: "1.0", id: "1", source: "/shop", type: "Order Completed" };
const inHeaders = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
const structured = (data: string): string => JSON.stringify(attributes).replace(/}$/, `,"data":${data}}`);

/** The text that reaches the stream, of an order with such properties. */
const ways: Readonly<Record<string, (properties: string) => string | Promise<string>>> = {
  "straight in the stream": order,
  "by the producer": (properties) => eventLine(JSON.parse(order(properties))).text,
  "by track": (properties) => overHttp("/v1/track", order(properties), "application/json"),
  "in a batch": (properties) => overHttp("/v1/batch", `{"batch":[${order(properties)}]}`, "text/plain"),
  "as a CloudEvent in binary mode": (properties) =>
    overHttp("/v1/cloudevents", properties, "application/json", inHeaders),
  "as a CloudEvent in structured mode": (properties) =>
    overHttp("/v1/cloudevents", structured(properties), "application/cloudevents+json"),
  "as a CloudEvent in batch mode": (properties) =>
    overHttp("/v1/cloudevents", `[${structured(properties)}]`, "application/cloudevents-batch+json"),
};

/** What the roll-up makes of it: the number that it adds up (0 for -0), or why it adds nothing up. */
function judged(line: string): unknown {
  const event = readEvent(line, Date.now());
  const problem = isProblem(event) ? event : judge.judge(event, Date.now());
  if (problem !== undefined) return problem.reason;
  return Object.fromEntries(
    judge.selected.map(({ definition }, index) => [definition.name, (judge.numbers[index] ?? Number.NaN) + 0]),
  );
}

const numbers: readonly (readonly [revenue: string, fate: "invalid" | number | "absent"])[] = [
  ["1e999", "invalid"],
  ["-1e999", "invalid"],
  ["1E+309", "invalid"],
  ["123e400", "invalid"],
  ["0.5e0309", "invalid"],
  ["9".repeat(400), "invalid"],
  [`${"9".repeat(400)}.5`, "invalid"],
  ["[[123e400]]", "invalid"],
  ['{"amount":1e999}', "invalid"],
  ['"1e999"', "invalid"],
  ['"NaN"', "invalid"],
  ['"Infinity"', "invalid"],
  ["1e308", "invalid"],
  ["2053013552326770905", "invalid"],
  ["1e15", 1e15],
  ["1000000000000000", 1e15],
  ["12.5e2", 1_250],
  ["1e-999", 0],
  ["-1e-999", 0],
  ["5e-324", 5e-324],
  ["0e999", 0],
  ['"12.5"', 12.5],
  ["null", "absent"],
];

describe.each(Object.entries(ways))("a number that comes %s", (_, written) => {
  test.each(numbers)("%s is %s", async (revenue, fate) => {
    const expected = fate === "invalid" ? fate : { orders: 0, ...(fate === "absent" ? {} : { revenue: fate }) };
    expect(judged(await written(`{"revenue":${revenue}}`))).toEqual(expected);
  });

  test("may be any where it is not added up", async () => {
    const others = numbers.map(([other]) => `{"size": ${other}},[[${other}]]`).join(",");
    expect(judged(await written(`{"revenue":5,"sizes":[${others}]}`))).toEqual({ orders: 0, revenue: 5 });
  });
});

describe("what is no number for JSON comes by the producer", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("%s", (revenue) => {
    const of = (properties: object) => judged(eventLine({ type: "track", event: "Order Completed", properties }).text);
    expect(of({ revenue })).toBe("invalid");
    expect(of({ revenue: [revenue] })).toBe("invalid");
    expect(of({ revenue: 5, ratio: revenue })).toEqual({ orders: 0, revenue: 5 });
  });

  test("an invalid date", () => {
    const timestamp = new Date(Number.NaN);
    expect(judged(eventLine({ type: "track", event: "Order Completed", timestamp }).text)).toBe("invalid");
  });
});

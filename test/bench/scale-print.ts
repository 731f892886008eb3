import type { ScaleFigures } from "./scale-bench.ts";
import { boundsOf, shardMonthOf } from "./scale-costs.ts";

const sizes = [1, 10, 50, 1_000] as const;
export const scaleSizes: readonly number[] = sizes;

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value >= 1 ? value.toFixed(1) : value.toPrecision(2);
const money = (value: number): string => (value < 0.005 ? value.toFixed(4) : value.toFixed(2));

/** Whether growth makes an event dearer: it must not, from ten shards on. */
function costAtMost(perMillion: readonly number[]): string {
  const [ten = 0, most = 0] = [perMillion[sizes.indexOf(10)], perMillion[sizes.indexOf(1_000)]];
  const is = most <= ten ? "no higher than" : "HIGHER than";
  return `The cost per event at 1,000 shards is ${is} at 10: $${most.toFixed(4)} and $${ten.toFixed(4)} a million.`;
}

/** Tables in Markdown, one column a number of shards. */
export function scaleLines(all: readonly ScaleFigures[]): string[] {
  const months = all.map(shardMonthOf);
  const bounds = all.map(boundsOf);
  const head = (name: string): string[] => [
    "",
    `| ${name} | ${all.map(({ shards }) => `${shards.toLocaleString("en-US")} ${shards === 1 ? "shard" : "shards"}`).join(" | ")} |`,
    `| --- |${all.map(() => " ---: |").join("")}`,
  ];
  const row = (name: string, values: readonly string[]): string => `| ${name} | ${values.join(" | ")} |`;
  const rows = (part: "units" | "keptGb" | "dollars", show: (value: number) => string): string[] =>
    Object.keys(months[0]?.[part] ?? {}).map((name) =>
      row(
        name,
        months.map((month) => show(month[part][name] ?? 0)),
      ),
    );
  return [
    ...head("A shard and month: read and written"),
    row(
      "events",
      months.map(({ events }) => number(events)),
    ),
    row(
      "batching window, s",
      all.map(({ settings }) => String(settings.batchingWindowSeconds)),
    ),
    row(
      "parts",
      months.map(({ parts }) => number(parts)),
    ),
    ...rows("units", number),
    ...head("A shard: kept, GB"),
    ...rows("keptGb", number),
    ...head("A shard and month: dollars"),
    ...rows("dollars", money),
    row(
      "in all",
      months.map(({ dollars }) => money(Object.values(dollars).reduce((sum, one) => sum + one, 0))),
    ),
    row(
      "a million events",
      months.map(({ perMillion }) => perMillion.toFixed(4)),
    ),
    ...head("All shards: how near the limits are"),
    row(
      "events a second",
      all.map(({ shards, rollUp }) => number(shards * rollUp.traffic.eventsPerSecond)),
    ),
    row(
      "roll-ups at one time, of Lambda's 1,000",
      bounds.map(({ invocationsAtOnce }) => number(invocationsAtOnce)),
    ),
    row(
      "write units a second, of the table's 40,000",
      bounds.map(({ writeUnitsPerSecond }) => number(writeUnitsPerSecond)),
    ),
    row(
      "parts a minute",
      bounds.map(({ partsPerMinute }) => number(partsPerMinute)),
    ),
    row(
      "a sweep, s of 900",
      bounds.map(({ sweepSeconds }) => number(sweepSeconds)),
    ),
    row(
      "the hourly audit, s of 900",
      bounds.map(({ hourlyAuditSeconds }) => number(hourlyAuditSeconds)),
    ),
    row(
      "the daily audit, invocations of 24",
      bounds.map(({ dailyAuditInvocations }) => number(dailyAuditInvocations)),
    ),
    row(
      "heads of a question, s of 30",
      bounds.map(({ headsOfQuestionSeconds }) => number(headsOfQuestionSeconds)),
    ),
    row(
      "heads of a question, read units",
      bounds.map(({ headReadUnits }) => number(headReadUnits)),
    ),
    ...head("All shards: quarantine, were every part to reject an event"),
    row(
      "files a day",
      all.map(({ quarantine }) => number(quarantine.filesADay)),
    ),
    row(
      "requests for the names of the newest 200 files",
      all.map(({ quarantine }) => String(quarantine.newest)),
    ),
    row(
      "requests for the names of an hour",
      all.map(({ quarantine }) => number(quarantine.hour)),
    ),
    row(
      "requests for the names of a day",
      all.map(({ quarantine }) => number(quarantine.day)),
    ),
    "",
    costAtMost(months.map(({ perMillion }) => perMillion)),
  ];
}

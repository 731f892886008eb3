import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { rees46File } from "../e2e/rees46-count.ts";
import { collectorFigures, collectorLines } from "./collector-bench.ts";
import { windowFigures, windowLines } from "./dedupe-window-bench.ts";
import { floodFigures, floodLines } from "./flood-bench.ts";
import { laptopFigures } from "./laptop-bench.ts";
import { allLedgerFigures, printLedger, withCosts } from "./ledger-print.ts";
import { outageFigures, outageLines } from "./outage-bench.ts";
import { producerFigures, producerLines } from "./producer-bench.ts";
import { rollUpFigures } from "./roll-up-bench.ts";
import { type ScaleFigures, scaleFigures } from "./scale-bench.ts";
import { scaleLines, scaleSizes } from "./scale-print.ts";

// Prints what the roll-up, the producer, the collector, the laptop and the ledger cost, and how long clients take to come
// through an outage of the stream. `--json` for machines, `--only roll-up|ledger|scale|producer|collector|outage|laptop` for
// one; `--only flood` for message ids that a sender chose, `--only dedupe-window` for long windows and many shards.
const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, only: { type: "string" } } });

// Neither needs the recordings, nor is it one of the costs of a day.
if (values.only === "flood") {
  for (const line of floodLines(await floodFigures())) console.log(line);
  process.exit(0);
}
if (values.only === "dedupe-window") {
  for (const line of windowLines(await windowFigures())) console.log(line);
  process.exit(0);
}
if (!existsSync(rees46File)) {
  console.error(`Skipped: the recordings are not there (${rees46File})`);
  process.exit(0);
}
// Metrics go to standard output as EMF lines; here they would drown the figures.
process.env.POWERTOOLS_METRICS_DISABLED = "true";
process.env.POWERTOOLS_LOG_LEVEL = "ERROR";

const isAsked = (part: string): boolean => values.only === undefined || values.only === part;
const rollUp = isAsked("roll-up") ? [await rollUpFigures(100), await rollUpFigures(1)] : [];
const ledger = isAsked("ledger") ? await allLedgerFigures() : [];
const scale: ScaleFigures[] = [];
for (const shards of isAsked("scale") ? scaleSizes : []) scale.push(await scaleFigures(shards));
const producer = isAsked("producer") ? await producerFigures() : [];
const collector = isAsked("collector") ? await collectorFigures() : [];
const outage = isAsked("outage") ? await outageFigures() : undefined;
const laptop = isAsked("laptop") ? await laptopFigures() : undefined;

if (values.json) {
  console.log(JSON.stringify({ rollUp, ledger: ledger.map(withCosts), scale, producer, collector, outage, laptop }));
} else {
  for (const { eventsPerRecord, events, us, handlerToFloor, customaryToFloor } of rollUp) {
    console.log(`\nRoll-up of ${events} events, five metrics, ${eventsPerRecord} to a record: microseconds an event`);
    for (const [name, value] of Object.entries(us)) {
      console.log(
        `  ${name.padEnd(20)} ${value.toFixed(2).padStart(7)}  ${(value / (us.floor ?? 1)).toFixed(2)} x floor`,
      );
    }
    console.log(`  at most 2 x floor: ${handlerToFloor.toFixed(2)}; the customary way: ${customaryToFloor.toFixed(2)}`);
  }
  printLedger(ledger);
  for (const line of scale.length === 0 ? [] : scaleLines(scale)) console.log(line);
  for (const line of producer.length === 0 ? [] : producerLines(producer)) console.log(line);
  for (const line of collector.length === 0 ? [] : collectorLines(collector)) console.log(line);
  for (const line of outage === undefined ? [] : outageLines(outage)) console.log(line);
  if (laptop !== undefined) {
    console.log("\nThe laptop, started by npm start, with a batching window of 1 s");
    console.log(`  ready after                  ${(laptop.readyMs / 1_000).toFixed(1)} s (at most 8)`);
    for (const { file, events, seconds, eventsPerSecond } of laptop.replays) {
      console.log(
        `  ${file}: ${events} events in ${seconds.toFixed(1)} s from replay to queryable, ${Math.round(eventsPerSecond)}/s${events > 100_000 ? " (at least 20000)" : ", most of it the fixed cost of a replay"}`,
      );
    }
    console.log(`  resident after the larger    ${Math.round(laptop.residentMib)} MB in all (at most 600)`);
    for (const { name, mib } of laptop.processes) console.log(`    ${String(Math.round(mib)).padStart(4)} MB  ${name}`);
  }
}

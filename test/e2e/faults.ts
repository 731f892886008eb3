import { parseArgs } from "node:util";
import temporaryFolder from "../temporary-folder.ts";
import { faultyDay } from "./faulty-day.ts";

const usage = `npm run faults -- [--seed N] [--speed N]
  Replays a recorded day through a laptop cloud while its functions are killed, its services fail, and shards are split
  and merged; then compares every minute and group of every metric with a count of the file. --speed: default 200, which
  takes a minute and a half. --seed: what is done, by chance where not given.`;

/** 1 where a total is wrong. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
      speed: { type: "string", default: "200" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [seed, speed] = [Number(values.seed), Number(values.speed)];
  if (!(Number.isSafeInteger(seed) && speed > 0))
    throw new Error(`Expected numbers, got ${values.seed}, ${values.speed}`);
  console.log(`seed ${seed}`);
  const day = await faultyDay({ seed, speed, outageMsMax: 4_000 });
  const { answers, expected, ledger, faults } = day;
  const wrong = [...new Set([...answers.keys(), ...expected.keys()])].filter(
    (key) => answers.get(key) !== expected.get(key),
  );
  for (const key of wrong.slice(0, 20)) {
    console.log(`WRONG ${key}: expected ${expected.get(key) ?? "nothing"}, got ${answers.get(key) ?? "nothing"}`);
  }
  console.log(`killed    ${JSON.stringify(faults.killed)}`);
  console.log(`outages   ${faults.outages.join(", ")}`);
  console.log(`shards    ${faults.resharding.join(", ")}`);
  console.log(`recovery  ${JSON.stringify(faults.runs)}, ${faults.batchesGivenUp} batches given up while delivered`);
  console.log(`ledger    ${JSON.stringify(ledger)}`);
  console.log(`audit     ${day.audit.trim().replaceAll("\n", "\n          ")}`);
  const { events, counted, duplicate, quarantined, late, open } = ledger;
  const adds = events === counted + duplicate + quarantined + late && counted === day.events && open === 0;
  const totals = `${expected.size} totals of ${day.events} events in ${day.seconds.toFixed(0)} s`;
  console.log(`${totals}: ${wrong.length} wrong; the ledger ${adds ? "adds up" : "DOES NOT ADD UP"}`);
  return wrong.length === 0 && adds ? 0 : 1;
}

temporaryFolder();
process.once("SIGINT", () => process.exit(130));
process.exitCode = await main();

import { parseArgs } from "node:util";
import { recoverLoad } from "../e2e/recovery-load.ts";
import temporaryFolder from "../temporary-folder.ts";

// How long sweep and redrive take for much that was left behind, and with how much memory: `node test/bench/recovery-bench.ts`.
temporaryFolder();
const { values } = parseArgs({
  options: {
    promises: { type: "string", default: "300" },
    files: { type: "string", default: "200" },
    memory: { type: "string", default: "256" },
  },
});
const [promises, files, memoryMib] = [Number(values.promises), Number(values.files), Number(values.memory)];
const { events, revenue, sweep, redrive } = await recoverLoad({ promises, files, memoryMib, kills: 0 });
const left = events.promised + events.givenUp - revenue;
console.log(`Sweep and redrive with ${memoryMib} MB, in slices of 5 s; ${left} of all events were not counted`);
for (const [what, { slices, seconds, firstMib, highestMib }] of [
  [`${promises} promises of 0.5 MB`, sweep],
  [`${files} files of 4 MB`, redrive],
] as const) {
  const memory = `at most ${firstMib} MB resident in the first, ${highestMib} MB in all`;
  console.log(`  ${what}: ${seconds.toFixed(0)} s, ${slices} slices, ${memory}`);
}
process.exitCode = left === 0 ? 0 : 1;

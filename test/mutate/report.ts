import { dirname } from "node:path";
import type { Fates } from "./fates.ts";
import type { Mutant } from "./instrument.ts";

/** Prints what survived, and how many did in each file and folder. */
export function printReport(
  files: readonly string[],
  mutants: readonly Mutant[],
  fates: Fates,
  equivalent: ReadonlySet<number>,
): void {
  const told = mutants.filter(({ id }) => !equivalent.has(id));
  for (const mutant of told.filter(({ id }) => fates.killOf(id) === undefined)) {
    const { id, file, line, column, operator, from, to } = mutant;
    const note = fates.isCovered(id) ? operator : `${operator}, in no test`;
    process.stdout.write(`${file}:${line}:${column} ${note}: ${short(from)} -> ${short(to)}\n`);
  }
  const folders = [...new Set(files.map((file) => dirname(file)))];
  const rows = [...files, ...folders.map((folder) => `${folder}/`)].map((name) => {
    const own = told.filter(({ file }) => file === name || `${dirname(file)}/` === name);
    const kills = own.flatMap(({ id }) => fates.killOf(id) ?? []);
    const timedOut = kills.filter(({ by }) => by === "timeout").length;
    const same = mutants.filter(
      ({ id, file }) => equivalent.has(id) && (file === name || `${dirname(file)}/` === name),
    );
    const percent = own.length === 0 ? "" : `${((100 * kills.length) / own.length).toFixed(1)} %`;
    return [name, own.length, kills.length - timedOut, timedOut, own.length - kills.length, same.length, percent];
  });
  const head = ["", "mutants", "killed", "timed out", "survived", "equivalent", ""];
  const width = Math.max(...rows.map(([name]) => String(name).length));
  process.stdout.write("\n");
  for (const [name, ...cells] of [head, ...rows]) {
    process.stdout.write(`${String(name).padEnd(width)}${cells.map((cell) => String(cell).padStart(11)).join("")}\n`);
  }
}

const short = (text: string): string => {
  const line = text.replace(/\s+/g, " ");
  return line.length > 90 ? `${line.slice(0, 87)}...` : line === "" ? "nothing" : line;
};

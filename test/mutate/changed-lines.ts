import { execFileSync } from "node:child_process";
import type { Mutant } from "./instrument.ts";

/** Says whether a mutant begins in a line that differs from a revision of git. */
export function linesSince(top: string, revision: string): (mutant: Mutant) => boolean {
  const diff = execFileSync("git", ["diff", "--unified=0", "--no-color", "--no-prefix", revision], {
    cwd: top,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const changed = new Set<string>();
  let file = "";
  for (const line of diff.split("\n")) {
    if (line.startsWith("+++ ")) file = line.slice(4);
    const [, first, count = "1"] = line.match(/^@@ -\S+ \+(\d+)(?:,(\d+))? @@/) ?? [];
    for (let at = 0; first !== undefined && at < Number(count); at++) changed.add(`${file}:${Number(first) + at}`);
  }
  return (mutant) => changed.has(`${mutant.file}:${mutant.line}`);
}

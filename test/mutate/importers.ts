import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Import, export or a dynamic import of a file of this project. */
const imported = /(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+|#config|#tracking-plan)"/g;
const aliases: Readonly<Record<string, string>> = {
  "#config": "millrace.config.ts",
  "#tracking-plan": "lib/config/tracking-plan/compile-at-start.ts",
};

/** Says which tests load a file, directly or by way of others. Paths are relative to `top`. */
export function importersIn(top: string): (files: ReadonlySet<string>) => string[] {
  const importsOf = new Map<string, string[]>();
  const visit = (file: string): void => {
    if (importsOf.has(file)) return;
    const found: string[] = [];
    importsOf.set(file, found);
    for (const [, name = ""] of textOf(join(top, file)).matchAll(imported)) {
      found.push(aliases[name] ?? normalize(join(dirname(file), name)));
    }
    found.forEach(visit);
  };
  const tests = globSync("test/**/*.test.ts", { cwd: top }).sort();
  tests.forEach(visit);
  return (files) => {
    const reaching = new Set(files);
    for (let before = 0; before < reaching.size; ) {
      before = reaching.size;
      for (const [file, imports] of importsOf) if (imports.some((name) => reaching.has(name))) reaching.add(file);
    }
    return tests.filter((test) => reaching.has(test));
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };

const top = resolve(import.meta.dirname, "..");

/** Folders of the product and the folders that each may import from, beside itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  handlers: ["lib"],
  cli: ["lib"],
  dashboard: ["lib"],
  infra: ["lib"],
  local: ["lib"],
};
/**
 * The rooms of lib, from the ground up: each imports from itself and from those before it. The ground is the files that
 * stand in lib itself.
 */
const rooms = ["ground", "stream", "config", "producer", "store", "collect", "roll-up", "query", "recovery", "audit"];

/** What the laptop's stand-ins may know of ours beside types: they run a template, whoever wrote it. */
const localMayUse = ["lib/names.ts", "lib/limits.ts"];

/** Packages that only some files may import, by the file or the folder. */
const packageUsers: Readonly<Record<string, readonly string[]>> = {
  "@aws-sdk/client-cloudwatch": ["lib/audit/cloudwatch.ts"],
  "@aws-sdk/client-timestream-write": ["lib/store/rows/timestream.ts"],
  "@aws-sdk/client-timestream-query": ["lib/store/rows/timestream.ts"],
  "@aws-sdk/client-dynamodb": [
    "lib/store/ledger/dynamodb.ts",
    "lib/store/ledger/item-table.ts",
    "lib/recovery/resend/dynamodb-marks.ts",
    "lib/recovery/resend/connect.ts",
    "lib/audit/connect.ts",
    "lib/audit/dynamodb-log.ts",
    "lib/query/connect-events.ts",
    "lib/query/live/connect.ts",
    "lib/query/connect.ts",
    "lib/roll-up/connect.ts",
    "lib/recovery/connect.ts",
    "cli/commands/gaps.ts",
    "cli/commands/skip.ts",
  ],
  "@aws-sdk/util-dynamodb": [
    "lib/store/ledger/item-table.ts",
    "lib/recovery/resend/dynamodb-marks.ts",
    "lib/audit/dynamodb-log.ts",
  ],
  "@aws-sdk/client-lambda": ["lib/invoke.ts"],
  "@aws-sdk/client-s3": [
    "lib/store/quarantine/s3.ts",
    "lib/store/quarantine/s3-files.ts",
    "lib/query/quarantine/connect.ts",
    "lib/recovery/resend/connect.ts",
    "lib/query/connect-events.ts",
    "lib/store/dead-letters/s3.ts",
    "lib/audit/connect.ts",
    "lib/roll-up/connect.ts",
    "lib/recovery/connect.ts",
  ],
  "@aws-sdk/client-kinesis": [
    "lib/stream/kinesis.ts",
    "lib/stream/shard-reader.ts",
    "lib/recovery/resend/connect.ts",
    "lib/collect/connect.ts",
    "lib/collect/stream-sender.ts",
    "lib/audit/connect.ts",
    "lib/query/live/connect.ts",
    "lib/query/connect-events.ts",
    "lib/roll-up/connect.ts",
    "lib/recovery/connect.ts",
    "lib/producer/",
    "cli/commands/",
    "local/demo/",
    "local/start.ts",
  ],
  "@aws-sdk/client-secrets-manager": ["lib/collect/secrets.ts"],
  ajv: ["lib/config/tracking-plan/compile.ts", "lib/config/tracking-plan/multiple-of.ts", "infra/tracking-plan.ts"],
  "ajv-formats": ["lib/config/tracking-plan/compile.ts", "lib/config/tracking-plan/formats.ts"],
  "@middy/core": ["handlers/"],
  "aws-cdk-lib": ["infra/"],
  constructs: ["infra/"],
  "@duckdb/node-api": ["local/"],
  kinesalite: ["local/"],
  dynalite: ["local/"],
};

interface Import {
  /** The file that imports, from the top of the repository. */
  readonly from: string;
  /** What it imports: a file from the top of the repository, or a package, "node:fs" or "#config" as written. */
  readonly to: string;
  readonly isFile: boolean;
  /** Gone at run time. `import { type A }` is not: the module is still loaded. */
  readonly isType: boolean;
}

const statement = /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;
const expression = /\bimport\("([^"]+)"\)/g;

function importsOf(file: string): Import[] {
  const source = readFileSync(join(top, file), "utf8");
  const found = [
    ...[...source.matchAll(statement)].map(([, type, name = ""]) => ({ name, isType: type !== undefined })),
    ...[...source.matchAll(expression)].map(([, name = ""]) => ({ name, isType: false })),
  ];
  return found.map(({ name, isType }) => {
    const isFile = name.startsWith(".");
    return { from: file, to: isFile ? relative(top, resolve(top, dirname(file), name)) : name, isFile, isType };
  });
}

const filesBelow = (folder: string): string[] =>
  readdirSync(join(top, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => join(folder, name));

/** The room of a file of lib; `lib/config.ts` is where users import their configuration from. */
function roomOf(file: string): string {
  const [, room = "", ...rest] = file.split("/");
  if (file === "lib/config.ts") return "config";
  return rest.length === 0 ? "ground" : room;
}

/** Those of the imports that lead to a room further up, or to one that is not listed. */
const upward = (found: readonly Import[]): Import[] =>
  found.filter(({ from, to }) => {
    const [own, other] = [rooms.indexOf(roomOf(from)), rooms.indexOf(roomOf(to))];
    return own < 0 || other < 0 || other > own;
  });

/** Files that import each other in a circle, in its order; undefined where there is none. */
function circleIn(found: readonly Pick<Import, "from" | "to">[]): string[] | undefined {
  const importsOfFile = Map.groupBy(found, ({ from }) => from);
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    done.add(file);
    path.push(file);
    for (const { to } of importsOfFile.get(file) ?? []) {
      const circle = visit(to);
      if (circle !== undefined) return circle;
    }
    path.pop();
    return undefined;
  };
  for (const file of importsOfFile.keys()) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

const folderOf = (file: string): string => file.split("/")[0] ?? "";
const packageOf = (name: string): string =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
const shown = ({ from, to }: Import): string => `${from} imports ${to}`;

const importOf = (from: string, to: string): Import => ({ from, to, isFile: true, isType: true });

const imports = Object.keys(mayImport).flatMap((folder) => filesBelow(folder).flatMap(importsOf));
const ofFiles = imports.filter(({ isFile }) => isFile);
const ofPackages = imports.filter(({ isFile, to }) => !isFile && !to.startsWith("node:") && !to.startsWith("#"));

describe("imports", () => {
  it("are read from every file, in every way that one can be written", () => {
    expect(imports.length).toBeGreaterThan(200);
    const names = (source: string) =>
      [...source.matchAll(statement)].map(([, type, name]) => [type !== undefined, name]);
    expect(names('import a from "b";\nimport "c";\nimport type { D } from "d";\nexport { e } from "e";')).toEqual([
      [false, "b"],
      [false, "c"],
      [true, "d"],
      [false, "e"],
    ]);
    expect(
      names('import {\n  type A,\n  b,\n} from "./c.ts";\nexport const from = "x";\nexport type * from "f";'),
    ).toEqual([
      [false, "./c.ts"],
      [true, "f"],
    ]);
  });

  it.each(Object.entries(mayImport))("of %s/ point to itself and to [%s] only", (folder, others) => {
    const wrong = ofFiles.filter(
      ({ from, to }) => folderOf(from) === folder && ![folder, ...others].includes(folderOf(to)),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  it("within lib lead to the same room or to one below it, those of types too", () => {
    const withinLib = ofFiles.filter(({ from, to }) => folderOf(from) === "lib" && folderOf(to) === "lib");
    expect(upward(withinLib).map(shown)).toEqual([]);
    const planted = [importOf("lib/store/a.ts", "lib/query/b.ts"), importOf("lib/query/b.ts", "lib/store/a.ts")];
    expect(upward(planted).map(shown)).toEqual(["lib/store/a.ts imports lib/query/b.ts"]);
    expect(upward([importOf("lib/attic/a.ts", "lib/limits.ts")])).toHaveLength(1);
  });

  it("make no circle of files, those of types included", () => {
    expect(circleIn(ofFiles)).toBeUndefined();
    const planted = [importOf("a.ts", "b.ts"), importOf("b.ts", "c.ts"), importOf("c.ts", "b.ts")];
    expect(circleIn(planted)).toEqual(["b.ts", "c.ts", "b.ts"]);
    expect(circleIn(planted.slice(0, 2))).toBeUndefined();
  });

  it("of the configuration and what is compiled of it are made by the functions' handlers alone", () => {
    const users = imports.filter(({ to }) => to.startsWith("#") || to === "millrace.config.ts");
    const known = ["#config", "#tracking-plan"];
    expect(users.filter(({ from, to }) => folderOf(from) !== "handlers" || !known.includes(to)).map(shown)).toEqual([]);
  });

  it("of ours by the laptop's stand-ins are names, limits and types", () => {
    const wrong = ofFiles.filter(
      ({ from, to, isType }) =>
        folderOf(from) === "local" && folderOf(to) === "lib" && !isType && !localMayUse.includes(to),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  it("of ours by the page are types, and code that runs in a browser", () => {
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const one of importsOf(file)) if (one.isFile && !one.isType) load(one.to);
    };
    for (const { from, to, isType } of ofFiles)
      if (folderOf(from) === "dashboard" && folderOf(to) === "lib" && !isType) load(to);
    const outside = [...loaded].flatMap(importsOf).filter(({ isFile, isType }) => !isFile && !isType);
    expect(outside.map(shown)).toEqual([]);
  });

  it.each(Object.entries(packageUsers))("of %s stand only where it is known", (name, users) => {
    const wrong = ofPackages.filter(
      ({ from, to }) => packageOf(to) === name && !users.some((user) => from.startsWith(user)),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  it("of packages, by what is deployed or installed, are dependencies and not only there for development", () => {
    const deployed = ofPackages.filter(
      ({ from, isType }) => ["lib", "handlers", "cli"].includes(folderOf(from)) && !isType,
    );
    const wrong = deployed.filter(({ to }) => !Object.hasOwn(manifest.dependencies, packageOf(to)));
    expect(wrong.map(shown)).toEqual([]);
  });

  it("of files name the file, with its ending, and it is there", () => {
    const all = new Set([...Object.keys(mayImport).flatMap(filesBelow), "millrace.config.ts"]);
    expect(ofFiles.filter(({ to }) => !all.has(to) && !to.endsWith(".json")).map(shown)).toEqual([]);
  });
});

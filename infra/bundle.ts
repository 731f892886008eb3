import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import type { Config } from "../lib/config/shape.ts";
import { writeTrackingPlan } from "./tracking-plan.ts";

const top = resolve(import.meta.dirname, "..");
const handlers = join(top, "handlers");

/** Folders with the bundles, by configuration. */
const bundled = new Map<string, string>();

/**
 * The folder with the bundle of a file of `handlers/`: `index.mjs` with all that it needs, the SDKs included, so that
 * what was tested is what runs. `configFile` takes the place of `#config`, and its tracking plan, compiled, that of
 * `#tracking-plan`. All files are bundled at once, which takes
 * half a second; the bundling that NodejsFunction does by itself takes that for each, most of it to start npx.
 */
export function bundle(entry: string, configFile: string): string {
  const directory = bundled.get(configFile) ?? bundleAll(configFile);
  bundled.set(configFile, directory);
  return join(directory, entry.replace(/\.ts$/, ""));
}

function bundleAll(configFile: string): string {
  const directory = mkdtempSync(join(tmpdir(), "millrace-bundles-"));
  // The assembly has copies by then.
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const trackingPlan = writeTrackingPlan(configOf(configFile), join(directory, "tracking-plan"));
  const names = readdirSync(handlers)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replace(/\.ts$/, ""));
  buildSync({
    entryPoints: names.map((name) => ({ in: join(handlers, `${name}.ts`), out: `${name}/index` })),
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    absWorkingDir: top,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    alias: { "#config": configFile, "#tracking-plan": trackingPlan },
    // For the generated code, which stands where no packages are.
    nodePaths: [join(top, "node_modules")],
    // Some dependencies are CommonJS and call require for Node's own modules.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: "warning",
  });
  return directory;
}

/** The module is loaded already where it was checked; require gives the same one, at once. */
function configOf(configFile: string): Config {
  const require = createRequire(import.meta.url);
  try {
    const module: { readonly default: Config } = require(configFile);
    return module.default;
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ERR_REQUIRE_ASYNC_MODULE")) throw cause;
    throw new Error(`Expected ${configFile} to have no await at its top level, got one`, { cause });
  }
}

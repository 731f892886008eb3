import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

// Builds the page into the folder that the command line names.
const [, , directory] = process.argv;
if (directory === undefined)
  throw new Error("Expected the folder to build into, got nothing: node dashboard/build.ts FOLDER");
const source = import.meta.dirname;
await mkdir(directory, { recursive: true });
await build({
  entryPoints: [join(source, "page.ts"), join(source, "page.css")],
  outdir: directory,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2023",
  logLevel: "warning",
});
await copyFile(join(source, "index.html"), join(directory, "index.html"));

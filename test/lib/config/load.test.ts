import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../../../lib/config/error.ts";
import { configFile, loadConfig } from "../../../lib/config/load.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-config-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function fileOf(name: string, source: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, source);
  return file;
}

describe("the configuration's file", () => {
  it("is the one given, else the one the environment names, else the repository's own", () => {
    expect(configFile("a.ts", { MILLRACE_CONFIG: "b.ts" })).toBe(resolve("a.ts"));
    expect(configFile(undefined, { MILLRACE_CONFIG: "b.ts" })).toBe(resolve("b.ts"));
    const own = resolve(import.meta.dirname, "../../../millrace.config.ts");
    expect(configFile(undefined, {})).toBe(own);
    expect(configFile(undefined, { MILLRACE_CONFIG: "" })).toBe(own);
  });
});

describe("loading a configuration", () => {
  it("gives the repository's own, which is a usable one", async () => {
    const config = await loadConfig(configFile(undefined, {}));
    expect(Object.keys(config.metrics)).toContain("page_views");
  });

  it("says what is wrong with one that cannot be used", async () => {
    const file = await fileOf("wrong.mjs", "export default { metrics: {} };");
    await expect(loadConfig(file)).rejects.toThrow(ConfigError);
    await expect(loadConfig(await fileOf("none.mjs", "export const config = 1;"))).rejects.toThrow(/no default export/);
  });

  it("names the file that is missing, and how to name another", async () => {
    const file = join(directory, "missing.mjs");
    await expect(loadConfig(file)).rejects.toThrow(
      `There is no configuration at ${file}: name one with --config FILE or MILLRACE_CONFIG`,
    );
  });

  it("names the file that is broken, and keeps the cause", async () => {
    const file = await fileOf("broken.mjs", "throw new Error('no luck');");
    const error: unknown = await loadConfig(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: expect.stringContaining(`in ${file}, got an error`),
      cause: expect.any(Error),
    });
  });
});

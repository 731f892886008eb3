import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { checkConfig } from "./check.ts";
import { ConfigError } from "./error.ts";
import type { Config } from "./shape.ts";

/** Names the configuration file where it is not the one at the top of the repository. */
export const configVariable = "MILLRACE_CONFIG";

/** The configuration's file: the given one, else the variable's, else `millrace.config.ts` at the top. */
export function configFile(
  given: string | undefined,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return resolve(given ?? (variables[configVariable] || resolve(import.meta.dirname, "../../millrace.config.ts")));
}

/** Loads a configuration. Throws ConfigError where it is not usable, and an error that names the file otherwise. */
export async function loadConfig(file: string): Promise<Config> {
  if (!existsSync(file)) {
    throw new Error(`There is no configuration at ${file}: name one with --config FILE or ${configVariable}`);
  }
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Expected a configuration in ${file}, got an error: ${message}`, { cause });
  }
  const config = module.default;
  if (config === undefined)
    throw new Error(`Expected ${file} to export a configuration by default, got no default export`);
  checkConfig(config);
  await checkSchemas(config);
  return config;
}

/** The compiler is loaded only where there is something to compile: the command line starts faster without it. */
async function checkSchemas({ trackingPlan }: Config): Promise<void> {
  if (trackingPlan === undefined) return;
  const { compilePlan } = await import("./tracking-plan/compile.ts");
  compilePlan(trackingPlan);
}

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { names } from "../../lib/names.ts";
import { compiled } from "../compiled.ts";

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

/** Of all tests of a run, or of this process where nobody runs tests. */
const shared = process.env.MILLRACE_TESTS_SHARED ?? mkdtempSync(join(tmpdir(), "millrace-assemblies-"));

/**
 * The cloud assembly of a configuration, to be run and not changed: made once, in the folder that all tests share.
 * Whoever comes first makes it, and the others wait; where that fails the next one finds out why.
 */
export async function synthesized(config: string): Promise<string> {
  const directory = join(shared, `assembly-of-${basename(config)}`);
  const making = `${directory}-in-the-making`;
  while (!existsSync(directory)) {
    const isFirst = await mkdir(making).then(
      () => true,
      () => false,
    );
    if (!isFirst) await wait(50);
    else if (!existsSync(directory)) await synthesize(config, making, directory);
  }
  return directory;
}

async function synthesize(config: string, making: string, directory: string): Promise<void> {
  try {
    const env = { ...process.env, ...compiled, CDK_OUTDIR: making, CDK_VALIDATION: "false", MILLRACE_CONFIG: config };
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, "../../infra/app.ts")], { env });
    await rename(making, directory);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

/** A cloud assembly of a folder of its own, to be changed before a laptop runs it. */
export class Assembly {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  static async of(config: string): Promise<Assembly> {
    const directory = await mkdtemp(join(tmpdir(), "millrace-assembly-"));
    await cp(await synthesized(config), directory, { recursive: true });
    return new Assembly(directory);
  }

  /** Changes properties of the resources of a type; of one with `FunctionName` only, where it is given. */
  async change(type: string, properties: Record<string, unknown>, functionName?: string): Promise<void> {
    const file = join(this.directory, `${names.stack}.template.json`);
    const template = JSON.parse(await readFile(file, "utf8")) as { Resources: Record<string, Resource> };
    const found = Object.values(template.Resources).filter(
      ({ Type, Properties }) => Type === type && (functionName ?? Properties.FunctionName) === Properties.FunctionName,
    );
    if (found.length === 0) throw new Error(`Expected a ${type} in ${file}, got none`);
    for (const resource of found) Object.assign(resource.Properties, merged(resource.Properties, properties));
    await writeFile(file, JSON.stringify(template));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Objects are merged, so that a variable more leaves the others as they are. */
function merged(before: unknown, now: Record<string, unknown>): Record<string, unknown> {
  const known = typeof before === "object" && before !== null ? (before as Record<string, unknown>) : {};
  const entries = Object.entries(now).map(([key, value]) => {
    const isObject = typeof value === "object" && value !== null;
    return [key, isObject ? merged(known[key], value as Record<string, unknown>) : value] as const;
  });
  return { ...known, ...Object.fromEntries(entries) };
}

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { names } from "../../lib/names.ts";

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

/** A cloud assembly of a folder of its own, to be changed before a laptop runs it. */
export class Assembly {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  static async of(config: string): Promise<Assembly> {
    const directory = await mkdtemp(join(tmpdir(), "millrace-assembly-"));
    const env = { ...process.env, CDK_OUTDIR: directory, CDK_VALIDATION: "false", MILLRACE_CONFIG: config };
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, "../../infra/app.ts")], { env });
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

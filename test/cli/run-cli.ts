import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface CliRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const command = join(import.meta.dirname, "../../cli/millrace.ts");

/** Starts the command line as a process of its own; `AWS_ENDPOINT_URL` and what else it needs come from the environment. */
export const startCli = (parameters: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess =>
  spawn(process.execPath, [command, ...parameters], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });

/** What a command says, and how it ends. */
export async function runCli(
  parameters: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  const child = startCli(parameters, env);
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("Expected pipes, got none");
  const [out, err] = await Promise.all([text(stdout), text(stderr)]);
  return { code: await code, out, err };
}

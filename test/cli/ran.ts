import { vi } from "vitest";

/** What a command wrote, and the exit code that it leaves. */
export interface Ran {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number;
}

/** Runs a command of the command line in this process. Rejects with what it throws. */
export async function ran(
  run: (parameters: readonly string[]) => Promise<void>,
  ...parameters: readonly string[]
): Promise<Ran> {
  const texts = { output: "", errors: "" };
  const spies = (["output", "errors"] as const).map((name) =>
    vi.spyOn(name === "output" ? process.stdout : process.stderr, "write").mockImplementation((text) => {
      texts[name] += String(text);
      return true;
    }),
  );
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await run(parameters);
    return { ...texts, exitCode: Number(process.exitCode) };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}

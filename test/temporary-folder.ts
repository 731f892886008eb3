import { mkdtempSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Gives all tests one folder for their temporary files, and takes it away with whatever they left in it. */
export default function temporaryFolder(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-tests-"));
  const variables = {
    TMPDIR: folder,
    // What tests share: made once, for this run alone.
    MILLRACE_TESTS_SHARED: folder,
  };
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  return async () => {
    process.off("exit", remove);
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    // A process that was told to end may be writing still.
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  };
}

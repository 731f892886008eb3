import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Gives all tests one folder for their temporary files, and takes it away with whatever they left in it. */
export default function temporaryFolder(): () => void {
  const before = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), "millrace-tests-"));
  process.env.TMPDIR = folder;
  // A process that was told to end may be writing still.
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
  process.once("exit", remove);
  return () => {
    process.off("exit", remove);
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    remove();
  };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";

const leash = join(import.meta.dirname, "leash.ts");
/** Loops for ever as a worker does in mutated code, below a process that is on the leash. */
const held = `
  import { spawn } from "node:child_process";
  import { endWithStarter } from ${JSON.stringify(leash)};
  endWithStarter();
  spawn(process.execPath, ["-e", "process.stdout.write('begun'); for (;;);"], { stdio: ["ignore", "inherit", "inherit"] });
`;

test("what was started ends with who started it, and so does what it started itself, even in a loop", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", held], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  await once(child.stdout, "data");
  const closed = once(child, "close");
  // As the system does when the starter is gone.
  child.stdin.destroy();
  expect(await closed).toEqual([null, "SIGKILL"]);
});

/**
 * Ends this process and all of its group once nobody holds the other end of its standard input: so nothing outlives who
 * started it, however that one ended.
 */
export function endWithStarter(): void {
  process.stdin.once("close", () => process.kill(0, "SIGKILL"));
  process.stdin.resume().unref();
}

/** Milliseconds that this thread has had a processor: another process that wants it too does not count. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

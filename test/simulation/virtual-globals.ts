/**
 * Puts virtual time and the seed's chance in the place of the machine's for as long as `run` takes: whatever asks for the
 * wall clock or for a random number gets the run's, and a real timer is an error.
 */
export async function withVirtualGlobals<T>(
  now: () => number,
  random: () => number,
  run: () => Promise<T>,
): Promise<T> {
  const real = { now: Date.now, random: Math.random, timeout: AbortSignal.timeout, timer: globalThis.setTimeout };
  Date.now = now;
  Math.random = random;
  // Whoever answers too late is played by the other side, which gives up by itself.
  AbortSignal.timeout = () => never.signal;
  const refuse = (): never => {
    throw new Error("Expected no real timer in a simulation, got one");
  };
  globalThis.setTimeout = Object.assign(refuse, { __promisify__: real.timer.__promisify__ });
  try {
    return await run();
  } finally {
    Date.now = real.now;
    Math.random = real.random;
    AbortSignal.timeout = real.timeout;
    globalThis.setTimeout = real.timer;
  }
}

const never = new AbortController();

import { join } from "node:path";

const shared = process.env.MILLRACE_TESTS_SHARED;

/**
 * For the environment of a process that tests start: laptops and commands are started dozens of times, and what one has
 * compiled, the next need not. Nothing where nobody runs tests.
 */
export const compiled: NodeJS.ProcessEnv = shared === undefined ? {} : { NODE_COMPILE_CACHE: join(shared, "compiled") };

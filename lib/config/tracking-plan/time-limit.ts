import { type Context, createContext, Script } from "node:vm";

let context: Context | undefined;
const script = new Script("run()");

/**
 * Runs something that does not wait, and ends it after so many milliseconds, wherever it is: in a regular expression
 * too. Gives whether it came to its end. Costs about 0.15 ms.
 */
export function endsWithin(limitMs: number, run: () => void): boolean {
  context ??= createContext(Object.create(null));
  context.run = run;
  try {
    script.runInContext(context, { timeout: limitMs });
    return true;
  } catch (error) {
    // The error of the limit is one of the context's own world, where Error is another.
    if (Object(error).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    throw error;
  } finally {
    context.run = undefined;
  }
}

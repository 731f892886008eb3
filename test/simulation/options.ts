import { parseArgs } from "node:util";
import type { Break } from "./break.ts";
import { breaks } from "./breaks.ts";
import type { DrawOptions } from "./draw.ts";

export interface Options extends DrawOptions {
  readonly seeds: number;
  readonly first: number;
  readonly trace: boolean;
  /** Prints what came of each setting of each switch. */
  readonly table: boolean;
  /** Bugs are looked for seed by seed, as if nobody knew which one finds them. */
  readonly inOrder: boolean;
  /** Bugs to plant, one after the other; none for the code as it is. */
  readonly planted: readonly Break[];
}

export const usage = `npm run simulate -- --seeds N [--seed FIRST] [--switches all] [--trace]
  --seeds N       how many seeds to run; 1,000 where not given
  --seed FIRST    the first of them; 1 where not given
  --switches all  what AWS leaves open is drawn too; "default" where not given
  --trace         says what happens, call by call
  --table         prints what came of each setting of each switch, or what finds each bug, as a table of Markdown
  --break NAME    plants a bug and runs until it is found; "all" for one after the other, "list" to name them
  --in-order      looks for it seed by seed, and not first where it is known to be found`;

/** Throws with what is wrong in a command line. */
export function readOptions(commandLine: readonly string[]): Options | "usage" | "list" {
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      seeds: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      switches: { type: "string", default: "default" },
      trace: { type: "boolean", default: false },
      table: { type: "boolean", default: false },
      break: { type: "string" },
      "in-order": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "usage";
  if (values.break === "list") return "list";
  const { switches } = values;
  if (switches !== "all" && switches !== "default")
    throw new Error(`--switches: expected all or default, got ${switches}`);
  return {
    seeds: wholeNumber("seeds", values.seeds),
    first: wholeNumber("seed", values.seed),
    switches,
    trace: values.trace,
    table: values.table,
    inOrder: values["in-order"],
    planted: values.break === undefined ? [] : named(values.break),
  };
}

function named(name: string): readonly Break[] {
  if (name === "all") return breaks;
  const found = breaks.filter((each) => each.name === name);
  if (found.length === 0)
    throw new Error(`--break: expected all, list or ${breaks.map((each) => each.name).join(", ")}, got ${name}`);
  return found;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`--${name}: expected a whole number, got ${text}`);
  return Number(text);
}

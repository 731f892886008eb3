import { parseArgs } from "node:util";
import type { Break } from "./break.ts";
import { breaks } from "./breaks.ts";
import type { DrawOptions } from "./drawing.ts";
import { shardsMax } from "./many-shards.ts";

export interface Options extends DrawOptions {
  readonly seeds: number;
  readonly first: number;
  readonly trace: boolean;
  /** Prints what came of each setting of each switch. */
  readonly table: boolean;
  /** Instead of histories that are drawn, one of a stream with so many shards. */
  readonly shards: number | undefined;
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
  --table         prints what came of each setting and kind of history, or what finds each bug, as a table of Markdown
  --shards N      plays one history of a stream with N shards, all of them written to; at most ${shardsMax}
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
      shards: { type: "string" },
      break: { type: "string" },
      "in-order": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "usage";
  if (values.break === "list") return "list";
  const { switches } = values;
  const shards = values.shards === undefined ? undefined : wholeNumber("shards", values.shards);
  if (shards === 0 || (shards ?? 1) > shardsMax) throw new Error(`--shards: expected 1 to ${shardsMax}, got ${shards}`);
  if (switches !== "all" && switches !== "default")
    throw new Error(`--switches: expected all or default, got ${switches}`);
  return {
    seeds: wholeNumber("seeds", values.seeds),
    first: wholeNumber("seed", values.seed),
    switches,
    trace: values.trace,
    table: values.table,
    shards,
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

import { switchesWith, switchNames } from "../../local/event-source-mapping/switches.ts";
import type { Plan } from "./plan.ts";
import type { RunResult } from "./run.ts";
import { type StoreSwitches, storeSwitchTable } from "./store-switches.ts";

interface Outcome {
  seeds: number;
  wrong: number;
  inDoubt: number;
}

/** What kind of history it is, where that is not the same for all. */
const kinds: Readonly<Record<string, (plan: Plan) => string>> = {
  "caps and ids": ({ surroundings }) => (surroundings.smallParts ? "small caps, colliding ids" : "as deployed"),
  dedupeWindow: ({ surroundings }) => `${surroundings.windowHours} h`,
  "the ledger's memory": ({ later }) => (later.length > 0 ? "outlived" : "longer than the history"),
  shards: ({ surroundings }) => (surroundings.shards > 3 ? "50" : "1 to 3 at first"),
  "the stream's memory": ({ surroundings }) => (Number.isFinite(surroundings.retentionMs) ? "hours" : "longer"),
};

/** What came of the runs under each setting of each switch, and of each kind of history. */
export class Outcomes {
  readonly #bySetting = new Map<string, Outcome>();

  add(plan: Plan, { wrong, doubts }: RunResult): void {
    const { surroundings } = plan;
    const switches = switchesWith(surroundings.switches);
    for (const name of switchNames) this.#count(`${name} | ${switches[name]}`, wrong !== undefined, doubts > 0);
    for (const name of Object.keys(storeSwitchTable) as (keyof StoreSwitches)[]) {
      this.#count(`store: ${name} | ${surroundings.storeSwitches[name]}`, wrong !== undefined, doubts > 0);
    }
    for (const [name, kindOf] of Object.entries(kinds)) {
      this.#count(`history: ${name} | ${kindOf(plan)}`, wrong !== undefined, doubts > 0);
    }
  }

  /** As a table of Markdown, in the order of the switches' names. */
  *lines(): Generator<string> {
    yield "| switch | setting | histories | wrong | not made good, and the audit said so |";
    yield "| --- | --- | ---: | ---: | ---: |";
    for (const [setting, { seeds, wrong, inDoubt }] of [...this.#bySetting].sort(([a], [b]) => (a < b ? -1 : 1))) {
      yield `| ${setting} | ${seeds} | ${wrong} | ${inDoubt} |`;
    }
  }

  #count(setting: string, isWrong: boolean, isInDoubt: boolean): void {
    const { seeds, wrong, inDoubt } = this.#bySetting.get(setting) ?? { seeds: 0, wrong: 0, inDoubt: 0 };
    this.#bySetting.set(setting, {
      seeds: seeds + 1,
      wrong: wrong + Number(isWrong),
      inDoubt: inDoubt + Number(isInDoubt),
    });
  }
}

import type { Switches } from "../../local/event-source-mapping/switches.ts";
import type { DeploymentName } from "./deployment.ts";
import type { StoreSwitches } from "./store-switches.ts";

/** One event that a producer sends. Events of one source with the same id are the same event, sent again. */
export interface PlannedEvent {
  /** Undefined: without a message id. */
  readonly id: number | undefined;
  /** Undefined: it comes from no source that has a name. */
  readonly source?: "web" | "server";
  readonly kind: "sale" | "view" | "page";
  /** Its time before its arrival, negative for ahead of it; undefined: without a timestamp. */
  readonly ageMs: number | undefined;
  /** `"dear"` is no number; undefined: the sale has none. */
  readonly price: number | "dear" | undefined;
  /** `longShop` stands for a text over the cap on dimension values. */
  readonly shop: string;
  readonly size: string;
  /** What makes it unfit wherever it is looked at. */
  readonly flaw?: "json" | "type" | "timestamp";
}

export const longShop = "long";

/** What becomes of one call of a process to something outside it. */
export interface CallFault {
  /** The n-th call (from 0) of that name in the invocation; of any name where it is "any". */
  readonly call: CallName | "any";
  readonly nth: number;
  readonly what: "dies before" | "dies after" | "lands late" | "stalls" | "answer lost" | "refused";
  /** How late it lands, how long it stalls; 0 for until the very end. An answer is lost for good at 0, else asked for again. */
  readonly ms: number;
}

/** The calls that processes make, by port and method: the roll-up first, then what only sweep and redrive call. */
export const callNames = [
  "ledger.head",
  "ledger.committed",
  "ledger.neighbours",
  "ledger.ids",
  "ledger.keepDefinitions",
  "ledger.definitions",
  "ledger.keepIds",
  "ledger.moveHead",
  "ledger.commit",
  "ledger.heads",
  "ledger.other",
  "store.write",
  "quarantine.put",
  "stream.iterator",
  "stream.read",
  "stream.shards",
] as const;
export const recoveryCallNames = [
  "roll-up.run",
  "roll-up.preview",
  "failures.list",
  "failures.range",
  "failures.read",
  "failures.settle",
  "store.query",
] as const;
export type CallName = (typeof callNames)[number] | (typeof recoveryCallNames)[number];
/** `failures` and `quarantine` are one bucket. */
export type Service = "ledger" | "store" | "quarantine" | "stream" | "roll-up" | "failures";

/** What an invocation will meet. */
export interface Fate {
  readonly faults: readonly CallFault[];
  /** It goes on when its time is over, instead of being ended. */
  readonly outlivesLimit: boolean;
}

type Act =
  /** One record of one person. `garbage` is no JSON at all. */
  | {
      readonly kind: "put";
      readonly person: number;
      readonly form: "lines" | "array" | "gzip" | "garbage";
      readonly events: readonly PlannedEvent[];
      /** Of its arrival, against the others'. */
      readonly skewMs: number;
      /** Ends the process that takes it apart: always, or one that runs this deployment. */
      readonly kills?: "always" | DeploymentName;
    }
  /** The next invocation of the function meets these. */
  | ({ readonly kind: "faults" } & Fate)
  /** Invocations that the function's concurrency does not let in. */
  | { readonly kind: "throttle"; readonly invocations: number }
  /** A service answers nothing but errors, each after `hangMs`. */
  | { readonly kind: "outage"; readonly service: Service; readonly forMs: number; readonly hangMs: number }
  /** `mixed`: functions of before go on taking invocations. */
  | { readonly kind: "deploy"; readonly name: DeploymentName; readonly mixed: boolean }
  /** The mapping's process is lost and another one starts, from the checkpoints that are left. */
  | { readonly kind: "restart"; readonly checkpoints: "kept" | "back" | "lost"; readonly overlaps: boolean }
  /** Any consecutive records of a shard come once more, whatever else goes on: places as shares, 0 to 1. */
  | { readonly kind: "redeliver"; readonly shard: number; readonly from: number; readonly to: number }
  /** Of a person, their own shard; of nobody, the place as a share. */
  | { readonly kind: "split"; readonly shard: number; readonly person?: number }
  | { readonly kind: "merge"; readonly shard: number }
  /** Somebody invokes the function with what Lambda gave up on. */
  | { readonly kind: "reinvoke"; readonly which: number }
  /** Sweep or redrive, beside the schedule; or on-call looks for gaps, or gives lost promises up. */
  | ({ readonly kind: "recover"; readonly what: "sweep" | "redrive" | "gaps" | "write-off" } & Fate)
  /** The audit looks at all that is there. */
  | { readonly kind: "audit"; readonly rows: "sample" | "all" }
  /** On-call skips a record, whatever it is: places as shares, 0 to 1. */
  | ({ readonly kind: "skip"; readonly shard: number; readonly record: number } & Fate)
  /** Nothing but time. */
  | { readonly kind: "lull" };

/** Something that happens so long after what happened before. */
export type Step = Act & { readonly afterMs: number };

export interface Surroundings {
  readonly shards: number;
  readonly batchSize: number;
  readonly windowSeconds: number;
  /** -1 for no end, as the template has it. */
  readonly retries: number;
  /** -1 for no limit. */
  readonly ageSeconds: number;
  readonly bisects: boolean;
  readonly pollMs: number;
  /** The share of calls that take time, and how long at most. */
  readonly slowShare: number;
  readonly slowMs: number;
  readonly groupsPerBucket: number;
  /** Parts are full after a few events. */
  readonly smallParts: boolean;
  readonly payloadBytesMax: number;
  /** How much of a list, a query or a shard comes with one answer: between two of them anything may happen. */
  readonly pageSize: number;
  /** The share of reads of a shard that bring nothing although there is more. */
  readonly emptyShare: number;
  /** The share of reads of a shard that are throttled, because others read it too. */
  readonly busyShare: number;
  /** How far the clock of a process may be off, either way. */
  readonly clockOffMs: number;
  /** Hours within which a message is known again under the usual settings; days, where the run takes days. */
  readonly windowHours: number;
  /** How often sweep and redrive come by themselves. */
  readonly sweepEveryMs: number;
  readonly redriveEveryMs: number;
  /** How old a minute may be that the store still takes. */
  readonly memoryStoreHours: number;
  /** How long the stream keeps records; infinite where it outlasts the run. */
  readonly retentionMs: number;
  /** How long DynamoDB keeps what has expired. */
  readonly deletedAfterMs: number;
  /** How long after a write the store may still answer without it. */
  readonly readLagMs: number;
  /** When the first scheduled sweep and redrive come, after the start. */
  readonly sweepAtMs: number;
  readonly redriveAtMs: number;
  readonly switches: Partial<Switches>;
  readonly storeSwitches: StoreSwitches;
}

/** All that a run depends on, beside the code: from one seed, or what is left of it after shrinking. */
export interface Plan {
  readonly seed: number;
  /** What chance does while it runs hangs on this; the seed, where nothing was shrunk. */
  readonly chance: number;
  readonly surroundings: Surroundings;
  readonly steps: readonly Step[];
  /** What happens when the ledger has forgotten all that came before; nothing where the run ends with the steps. */
  readonly later: readonly Step[];
  /** What is deployed in the end. */
  readonly last: DeploymentName;
}

import type { EventType } from "../stream/event/event.ts";
import type { Duration } from "../time.ts";
import type { PlannedSchema, PlannedType } from "./planned-schema.ts";

/** What an event's property may be compared with. */
export type Scalar = string | number | boolean;

/** Which events a metric looks at: a type, any of some names (none: all), and properties that must be equal. */
export interface Selection {
  readonly type: EventType;
  readonly names: readonly string[];
  readonly where: Readonly<Record<string, Scalar>>;
}

/** What a metric adds up. `sum` keeps the smallest and largest value too. */
export type Measure = { readonly kind: "count" } | { readonly kind: "sum"; readonly of: string };

export interface Metric {
  /** Which events count: `page()`, `track("Order Completed")`, `track(["A", "B"], { "properties.plan": "pro" })`. */
  readonly on: Selection;
  /** What is added up: `count()` or `sum("properties.revenue")`. */
  readonly measure: Measure;
  /** Dimensions: the alias a query uses, and the dotted path of the value in the event. */
  readonly by?: Readonly<Record<string, string>>;
}

/** Somebody who sends events over HTTP, told by its write key. */
export interface Source {
  /**
   * The write key on the laptop; by default the source's name. In AWS it is generated, and is the value of the secret
   * `millrace/write-keys/` with the source's name.
   */
  readonly laptopKey?: string;
  /** Origins whose pages may send, such as "https://shop.example"; "*" (the default) for any, none for no browser. */
  readonly allowedOrigins?: readonly string[];
  /** Keep the whole address of the sender; by default it is cut to its network, /24 of IPv4 and /48 of IPv6. */
  readonly keepAddress?: boolean;
}

/** What is done to every event before it reaches the stream. Paths are dotted; in a list they mean all of it. */
export interface Privacy {
  /** Values to leave out, such as "context.ip". */
  readonly remove?: readonly string[];
  /** Values to replace by their HMAC-SHA-256 in hex under a secret key, so that equal ones stay equal. */
  readonly hash?: readonly string[];
}

/** What events should look like; the collector holds them to it. */
export interface PlannedEvents {
  /** "enforce" refuses an event that breaks the plan, "observe" counts it and lets it through. */
  readonly mode: "enforce" | "observe";
  /** By the name of a track event: the schema of its `properties`. */
  readonly events?: Readonly<Record<string, PlannedSchema>>;
  /** For the other types of message: the schema of `properties` (page, screen) or `traits` (identify, group). */
  readonly types?: { readonly [Type in PlannedType]?: PlannedSchema };
  /** What becomes of a track event that is not in the plan; default "allow". */
  readonly unplanned?: "allow" | "refuse";
}

export interface ReservedConcurrency {
  /** One a request under way; default 200. */
  readonly collect?: number;
  /** One a question under way; default 50. */
  readonly query?: number;
  /** One a shard, and some for what is counted again; default 10 more than `stream.shards`, 200 for "on-demand". */
  readonly rollUp?: number;
}

export interface Config {
  /** The metrics by name. */
  readonly metrics: Readonly<Record<string, Metric>>;
  /** How long after it happened an event may arrive and still count; default "24h", at most "360d". */
  readonly allowedLateness?: Duration;
  /** How far apart two records may arrive and a repeated `messageId` still count once; default "1h", at most "7d". */
  readonly dedupeWindow?: Duration;
  readonly stream?: {
    /** Shards of the stream (1 MB/s or 1,000 records/s each), or "on-demand" for as many as it takes; default 1. */
    readonly shards?: number | "on-demand";
    /** How long the stream keeps records: "24h" (the default) to "365d". */
    readonly retention?: Duration;
  };
  readonly rollUp?: {
    /** Most records in one invocation, 1 to 10,000; default 1,000, of more than ten shards 10,000. */
    readonly batchSize?: number;
    /**
     * How long to wait for a full batch, "1s" to "300s"; default "5s", from 17 shards on a third of a second for each of them,
     * at most "40s". Longer is cheaper, shorter is fresher.
     */
    readonly batchingWindow?: Duration;
  };
  readonly store?: {
    /**
     * How old a minute may be that the store still takes; by default, and at least, `stream.retention`, `allowedLateness` and
     * an hour together. Longer, batches that Lambda gave up on can be redriven later; it is billed by the GB and hour.
     */
    readonly memoryRetention?: Duration;
  };
  readonly limits?: {
    /** Groups of one metric in one minute of one part; what is over goes to the group "(other)"; default 1,000. */
    readonly groupsPerBucket?: number;
    /** UTF-8 bytes of a dimension's value; a longer one goes to the group "(other)"; default 256. */
    readonly dimensionBytes?: number;
  };
  /**
   * How many invocations of a function may run at once. Lambda sets as many aside for it and runs no more of it, so that one
   * function does not take the account's concurrency from the others. "unreserved" for neither, where the account's quota is
   * too small: a new account has 10, and 100 must stay unreserved.
   */
  readonly concurrency?: "unreserved" | ReservedConcurrency;
  /** Who may send events over HTTP, by name; without any there is no collector. */
  readonly sources?: Readonly<Record<string, Source>>;
  readonly collector?: {
    /**
     * Names by which browsers reach the API beside its own domain, such as "events.shop.example" of a CDN in front of it.
     * Pages are told to send to the one that they asked, or else to the first.
     */
    readonly hosts?: readonly string[];
  };
  readonly privacy?: Privacy;
  readonly trackingPlan?: PlannedEvents;
}

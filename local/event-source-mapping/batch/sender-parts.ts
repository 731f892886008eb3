import type { InvocationParts } from "../invocation/invocation.ts";
import type { RetryDelay } from "./retry-delay.ts";

/** What it takes to see the batches of one shard through. */
export interface SenderParts extends InvocationParts {
  readonly retryDelay: RetryDelay;
  readonly recordAgeMsMax: number;
  readonly retentionMsMax: number;
}

import type { Logger } from "@aws-lambda-powertools/logger";
import type { Context } from "aws-lambda";
import type { Patience } from "../../lib/retry.ts";
import type { Batch } from "../../lib/stream/batch.ts";

/** Kept back from the time limit, to fail with an error that says why instead of being cut off. */
const reserveMs = 5_000;

/** Patience until shortly before the function's time limit. Each wait is logged. */
export function untilTimeLimit(batch: Batch, context: Context, logger: Logger): Patience {
  const oldestMs = batch.records[0]?.arrivalMs ?? Date.now();
  return {
    deadlineMs: Date.now() + context.getRemainingTimeInMillis() - reserveMs,
    onWait: (why, delayMs) => {
      const lagMs = Date.now() - oldestMs;
      logger.warn("The store does not take rows yet", { why, delayMs, lagMs, shardId: batch.shardId });
    },
  };
}

import type { Context } from "aws-lambda";

/** The event of a scheduled function: EventBridge's own, or the command line's. */
export interface SliceEvent {
  readonly dryRun?: boolean;
}

/** What one invocation may do: until the function's time limit, and nothing at all in a dry run. */
export const sliceOf = (event: SliceEvent, context: Context): { dryRun: boolean; deadlineMs: number } => ({
  dryRun: event.dryRun === true,
  deadlineMs: Date.now() + context.getRemainingTimeInMillis(),
});

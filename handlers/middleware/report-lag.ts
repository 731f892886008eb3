import type { MiddlewareObj } from "@middy/core";
import type { BatchEvent } from "../../lib/stream/batch.ts";
import { publishLag } from "./shard-lag.ts";

/** A batch that is younger is not worth a line in the log. */
const quietMsMax = 60_000;
const everyMs = 30_000;

/**
 * Middleware behind `readBatch`: publishes how far its shard is behind as an invocation begins and while it runs, whatever
 * becomes of it. Lambda's own iterator age has no data points while an invocation runs.
 */
export function reportLag(): MiddlewareObj<BatchEvent> {
  const running = new WeakMap<BatchEvent, NodeJS.Timeout>();
  const end = ({ event }: { readonly event: BatchEvent }): void => clearInterval(running.get(event));
  return {
    before: ({ event }) => {
      const oldestMs = event.batch.records[0]?.arrivalMs;
      // Records that sweep or redrive bring are old, and hold nothing up.
      if (oldestMs === undefined || event.isBroughtBack === true) return;
      const report = (): void => {
        const lagMs = Date.now() - oldestMs;
        if (lagMs >= quietMsMax) publishLag(lagMs);
      };
      report();
      running.set(event, setInterval(report, everyMs));
    },
    after: end,
    onError: end,
  };
}

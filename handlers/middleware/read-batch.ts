import type { MiddlewareObj } from "@middy/core";
import { type BatchEvent, batchOf } from "../../lib/stream/batch.ts";

/** Middleware: makes the batch of the event (Lambda developer guide, "Using Lambda with Kinesis", example event). */
export function readBatch(): MiddlewareObj<BatchEvent> {
  return {
    before: ({ event }) => {
      event.batch = batchOf(event);
    },
  };
}

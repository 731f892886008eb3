import type { MiddlewareObj } from "@middy/core";
import type { Definitions } from "../../lib/config/definitions.ts";
import { emptyPreview, type Preview, previewOf } from "../../lib/recovery/isolate/preview.ts";
import { type BatchEvent, batchOf } from "../../lib/stream/batch.ts";

/** An event that asks what would come of its records, where the store takes minutes from `takenFromMs` on. */
export type PreviewEvent = BatchEvent & { preview?: boolean; takenFromMs?: number };

/**
 * Middleware, before anything that reads the batch: answers an event with `preview` with what the roll-up would make of
 * its records, and nothing else is done. Lambda's own events have no such field.
 */
export function answerPreview(definitions: Definitions): MiddlewareObj<PreviewEvent, unknown> {
  return {
    before: ({ event }): Preview | undefined => {
      if (event.preview !== true) return undefined;
      if (event.Records.length === 0) return emptyPreview;
      return previewOf(batchOf(event).records, definitions, event.takenFromMs);
    },
  };
}

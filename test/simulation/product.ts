import type { audit } from "../../lib/audit/audit.ts";
import type { DuplicateMemory } from "../../lib/dedupe/duplicate-memory.ts";
import type { readFailure } from "../../lib/failures/failure.ts";
import type { fillGaps } from "../../lib/gaps/fill-gaps.ts";
import type { batchOf } from "../../lib/lambda/read-batch.ts";
import type { emptyPreview, previewOf } from "../../lib/redelivery/preview.ts";
import type { redrive } from "../../lib/redrive/redrive.ts";
import type { rollUp } from "../../lib/roll-up/roll-up.ts";
import type { skipByHand } from "../../lib/skip/skip-by-hand.ts";
import type { TimestreamStore } from "../../lib/store/timestream.ts";
import type { RangeGone } from "../../lib/stream/range-reader.ts";
import type { sweep } from "../../lib/sweep/sweep.ts";

/** The code that is simulated: the real one, or a copy with a bug planted. */
export interface Product {
  readonly rollUp: typeof rollUp;
  readonly batchOf: typeof batchOf;
  readonly DuplicateMemory: typeof DuplicateMemory;
  readonly TimestreamStore: typeof TimestreamStore;
  readonly previewOf: typeof previewOf;
  readonly emptyPreview: typeof emptyPreview;
  readonly sweep: typeof sweep;
  readonly redrive: typeof redrive;
  readonly skipByHand: typeof skipByHand;
  readonly audit: typeof audit;
  readonly fillGaps: typeof fillGaps;
  /** What a stream throws: a copy of the code knows only its own copy of the class. */
  readonly RangeGone: typeof RangeGone;
  readonly readFailure: typeof readFailure;
}

/** Loads the product; `query` tells copies apart. */
export async function loadProduct(query = ""): Promise<Product> {
  const [
    rolling,
    reading,
    remembering,
    storing,
    previewing,
    sweeping,
    redriving,
    skipping,
    auditing,
    streaming,
    failing,
    filling,
  ] = await Promise.all([
    import(`../../lib/roll-up/roll-up.ts${query}`) as Promise<typeof import("../../lib/roll-up/roll-up.ts")>,
    import(`../../lib/lambda/read-batch.ts${query}`) as Promise<typeof import("../../lib/lambda/read-batch.ts")>,
    import(`../../lib/dedupe/duplicate-memory.ts${query}`) as Promise<
      typeof import("../../lib/dedupe/duplicate-memory.ts")
    >,
    import(`../../lib/store/timestream.ts${query}`) as Promise<typeof import("../../lib/store/timestream.ts")>,
    import(`../../lib/redelivery/preview.ts${query}`) as Promise<typeof import("../../lib/redelivery/preview.ts")>,
    import(`../../lib/sweep/sweep.ts${query}`) as Promise<typeof import("../../lib/sweep/sweep.ts")>,
    import(`../../lib/redrive/redrive.ts${query}`) as Promise<typeof import("../../lib/redrive/redrive.ts")>,
    import(`../../lib/skip/skip-by-hand.ts${query}`) as Promise<typeof import("../../lib/skip/skip-by-hand.ts")>,
    import(`../../lib/audit/audit.ts${query}`) as Promise<typeof import("../../lib/audit/audit.ts")>,
    import(`../../lib/stream/range-reader.ts${query}`) as Promise<typeof import("../../lib/stream/range-reader.ts")>,
    import(`../../lib/failures/failure.ts${query}`) as Promise<typeof import("../../lib/failures/failure.ts")>,
    import(`../../lib/gaps/fill-gaps.ts${query}`) as Promise<typeof import("../../lib/gaps/fill-gaps.ts")>,
  ]);
  return {
    rollUp: rolling.rollUp,
    batchOf: reading.batchOf,
    DuplicateMemory: remembering.DuplicateMemory,
    TimestreamStore: storing.TimestreamStore,
    previewOf: previewing.previewOf,
    emptyPreview: previewing.emptyPreview,
    sweep: sweeping.sweep,
    redrive: redriving.redrive,
    skipByHand: skipping.skipByHand,
    audit: auditing.audit,
    fillGaps: filling.fillGaps,
    RangeGone: streaming.RangeGone,
    readFailure: failing.readFailure,
  };
}

import type { DuplicateMemory } from "../../lib/dedupe/duplicate-memory.ts";
import type { batchOf } from "../../lib/lambda/read-batch.ts";
import type { rollUp } from "../../lib/roll-up/roll-up.ts";
import type { TimestreamStore } from "../../lib/store/timestream.ts";

/** The code that is simulated: the real one, or a copy with a bug planted. */
export interface Product {
  readonly rollUp: typeof rollUp;
  readonly batchOf: typeof batchOf;
  readonly DuplicateMemory: typeof DuplicateMemory;
  readonly TimestreamStore: typeof TimestreamStore;
}

/** Loads the product; `query` tells copies apart. */
export async function loadProduct(query = ""): Promise<Product> {
  const [rolling, reading, remembering, storing] = await Promise.all([
    import(`../../lib/roll-up/roll-up.ts${query}`) as Promise<typeof import("../../lib/roll-up/roll-up.ts")>,
    import(`../../lib/lambda/read-batch.ts${query}`) as Promise<typeof import("../../lib/lambda/read-batch.ts")>,
    import(`../../lib/dedupe/duplicate-memory.ts${query}`) as Promise<
      typeof import("../../lib/dedupe/duplicate-memory.ts")
    >,
    import(`../../lib/store/timestream.ts${query}`) as Promise<typeof import("../../lib/store/timestream.ts")>,
  ]);
  return {
    rollUp: rolling.rollUp,
    batchOf: reading.batchOf,
    DuplicateMemory: remembering.DuplicateMemory,
    TimestreamStore: storing.TimestreamStore,
  };
}

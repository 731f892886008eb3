import { RangeGone, type RangeReader } from "../../stream/range-reader.ts";
import { shardKey } from "../../stream/shard-key.ts";
import type { RollUpFunction } from "../isolate/roll-up-function.ts";
import { type Skipping, type SkippingLedger, skip } from "./skip.ts";

export interface SkipByHandPorts {
  readonly ledger: SkippingLedger;
  readonly stream: Pick<RangeReader, "read">;
  readonly rollUp: Pick<RollUpFunction, "preview">;
}

/** Where a record is. */
export interface RecordPlace {
  readonly streamName: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/**
 * Skips a record for a person who knows why. Where a part with it is open already, rows of it may have been written, and
 * they can be taken back only by taking the record apart once more: a preview says whether it lets itself be.
 */
export function skipByHand(place: RecordPlace, ports: SkipByHandPorts): Promise<Skipping> {
  const shard = shardKey(place.streamName, place.shardId);
  return skip(ports.ledger, shard, place.sequenceNumber, async (isOpen) => !isOpen || !(await survives(place, ports)));
}

async function survives(
  { streamName, shardId, sequenceNumber }: RecordPlace,
  ports: SkipByHandPorts,
): Promise<boolean> {
  try {
    const records = await ports.stream.read(shardId, sequenceNumber, sequenceNumber, 1);
    const outcome = await ports.rollUp.preview({ streamName, shardId, records });
    if (outcome.kind === "done" || outcome.kind === "died") return outcome.kind === "done";
    throw new Error(
      `Expected to learn whether record ${sequenceNumber} ends the process, got ${JSON.stringify(outcome)}`,
    );
  } catch (error) {
    // What is gone cannot be taken apart.
    if (error instanceof RangeGone) return false;
    throw error;
  }
}

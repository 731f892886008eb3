import { disorderMs } from "../../roll-up/dedupe/recall.ts";
import { UnreadableFailure } from "../../store/dead-letters/dead-letter.ts";
import type { FailureFile, FailureFiles } from "../../store/dead-letters/dead-letter-files.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
import type { KinesisStream } from "../../stream/kinesis.ts";
import { shardKey } from "../../stream/sequence.ts";

export interface RolledUpPorts {
  readonly streamName: string;
  readonly stream: Pick<KinesisStream, "shardIds" | "pages">;
  readonly ledger: Pick<Ledger, "newest">;
  readonly failures: Pick<FailureFiles, "list" | "read">;
}

/** A range of arrivals, both ends included, epoch milliseconds. */
export interface Arrivals {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Batches that are looked into: each may have 6 MB. More of them have to be redriven first. */
const failuresMax = 50;

/**
 * Why it cannot be said yet that the ledger knows of every record which arrived in a range; undefined where it can. The
 * range must be over: no record arrives in it any more.
 */
export async function notRolledUp(ports: RolledUpPorts, range: Arrivals): Promise<string | undefined> {
  const { streamName, stream, ledger } = ports;
  for (const shardId of await stream.shardIds()) {
    const newest = await ledger.newest(shardKey(streamName, shardId));
    const waitingMs = await nextArrivalMs(stream, shardId, newest?.lastSequence);
    if (waitingMs !== undefined && waitingMs <= range.toMs + disorderMs) {
      return `the roll-up of ${shardId} has not come past ${new Date(range.toMs + disorderMs).toISOString()}`;
    }
  }
  // Asked last: what is given up is there by the time the shard goes on.
  let looked = 0;
  for await (const file of ports.failures.list()) {
    if (looked++ < failuresMax && !(await holds(ports.failures, file, range))) continue;
    return `a batch that Lambda gave up on may hold copies (${file.key}): millrace redrive`;
  }
  return undefined;
}

/** Whether a batch has a record that arrived in the range. */
async function holds(
  failures: Pick<FailureFiles, "read">,
  file: FailureFile,
  { fromMs, toMs }: Arrivals,
): Promise<boolean> {
  try {
    const records = (await failures.read(file))?.batch.records ?? [];
    return records.some(({ arrivalMs }) => arrivalMs >= fromMs - disorderMs && arrivalMs <= toMs + disorderMs);
  } catch (error) {
    // Nothing that could ever be counted.
    if (error instanceof UnreadableFailure) return false;
    throw error;
  }
}

/** Arrival of the first record behind `after`; undefined where the shard has none. */
async function nextArrivalMs(
  stream: Pick<KinesisStream, "pages">,
  shardId: string,
  after: string | undefined,
): Promise<number | undefined> {
  // An empty read in the middle of a shard is normal.
  for await (const { records, behindMs } of stream.pages(shardId, after === undefined ? "oldest" : { after }, 1)) {
    const [record] = records;
    if (record !== undefined) return record.arrivalMs;
    if (behindMs === 0) return undefined;
  }
  return undefined;
}

import { eventBytes, type HeldRecord } from "./batch-buffer.ts";
import type { Delivery } from "./delivery.ts";
import { type Holes, type Piece, trimmed } from "./piece.ts";

/** Records beyond a batch. */
export interface RecordSupply {
  /** How many more are at hand, reading on if there are none. */
  more(): Promise<number>;
  take(count: number): HeldRecord[];
  giveBack(records: readonly HeldRecord[]): void;
}

export interface CutLimits {
  readonly batchSize: number;
  readonly payloadBytesMax: number;
}

/**
 * Moves the end of the first piece to wherever chance says: back, or on over the pieces that follow upon it and beyond
 * the batch. The records that a batch of one piece has lost are given back, to be in the next one; `batch` itself changes.
 */
export async function recut(
  delivery: Delivery,
  batch: HeldRecord[],
  limits: CutLimits,
  supply: RecordSupply,
  random: () => number,
): Promise<Delivery> {
  const { pieces, holes } = delivery;
  const [head, ...rest] = pieces;
  if (head === undefined || head.verdict !== "open") return delivery;
  const length = batch.length;
  const runEnd = runEndOf(head, rest);
  const atTail = runEnd === length;
  const more = atTail ? await supply.more() : 0;
  const most = Math.min(runEnd + more, head.from + limits.batchSize);
  let to = head.from + 1 + Math.floor(random() * (most - head.from));
  if (to > length) batch.push(...supply.take(to - length));
  to = fitting(batch, head.from, to, limits.payloadBytesMax);
  const alone = atTail && rest.length === 0;
  supply.giveBack(batch.splice(alone ? to : Math.max(to, length)));
  if (to > head.to)
    return { pieces: [{ ...head, to }, ...rest.flatMap((piece) => beyond(piece, to, head, holes))], holes };
  const remainder = alone ? [] : trimmed({ ...head, from: to }, holes);
  return { pieces: [...trimmed({ ...head, to }, holes), ...remainder, ...rest], holes };
}

/** Up to where the other pieces follow upon the first without a gap. */
function runEndOf(head: Piece, rest: readonly Piece[]): number {
  let end = head.to;
  for (const piece of rest) {
    if (piece.from !== end) break;
    end = piece.to;
  }
  return end;
}

/** What the head, which now ends at a place, leaves of another piece. */
function beyond(piece: Piece, to: number, head: Piece, holes: Holes): Piece[] {
  return piece.from < head.from ? [piece] : trimmed({ ...piece, from: Math.max(piece.from, to) }, holes);
}

function fitting(batch: readonly HeldRecord[], from: number, to: number, bytesMax: number): number {
  let end = to;
  while (end > from + 1 && eventBytes(batch.slice(from, end)) > bytesMax) end--;
  return end;
}

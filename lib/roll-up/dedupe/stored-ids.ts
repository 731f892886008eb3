import type { Ledger } from "../../store/ledger/ledger.ts";
import { compareSequence } from "../../stream/sequence.ts";
import type { NumberedPart } from "./recall.ts";

/** What is needed to find the ids of a part in the ledger. */
export type IdsName = Pick<NumberedPart, "number" | "idsName" | "lastSequence" | "firstArrivalMs" | "lastArrivalMs">;

export const nameOf = ({ number, idsName, lastSequence, firstArrivalMs, lastArrivalMs }: NumberedPart): IdsName => ({
  number,
  idsName,
  lastSequence,
  firstArrivalMs,
  lastArrivalMs,
});

/** Parts between two others that are not asked for: with more, both are read by themselves. */
const betweenMax = 50;

/**
 * The ids that parts left in the ledger, 8 bytes each; `heldMs` has the arrivals of other parts of the shard, in order,
 * for no more than a few of them to be read in vain. Throws where the ids of a part are not there.
 */
export async function* readIds(
  ledger: Pick<Ledger, "ids">,
  shard: string,
  parts: readonly IdsName[],
  heldMs: Float64Array = new Float64Array(0),
): AsyncGenerator<[IdsName, Buffer]> {
  for (const run of runsOf(parts, heldMs)) {
    const lacking = new Map(run.map((part) => [part.idsName, part]));
    const [first, last] = [run[0]?.lastSequence ?? "", run.at(-1)?.lastSequence ?? ""];
    for await (const [name, ids] of ledger.ids(shard, first, last)) {
      const part = lacking.get(name);
      if (part !== undefined) yield [part, ids];
      lacking.delete(name);
    }
    for (const { idsName } of lacking.values()) {
      throw new Error(`The ledger of ${shard} lacks the message ids ${idsName} of a part`);
    }
  }
}

/** The parts in order, cut where many others lie between two of them. */
function runsOf(parts: readonly IdsName[], heldMs: Float64Array): IdsName[][] {
  const runs: IdsName[][] = [];
  let before: IdsName | undefined;
  for (const part of parts.toSorted((a, b) => compareSequence(a.lastSequence, b.lastSequence))) {
    const between = before === undefined ? 0 : countOf(heldMs, before.lastArrivalMs, part.firstArrivalMs);
    if (before === undefined || between > betweenMax) runs.push([]);
    runs.at(-1)?.push(part);
    before = part;
  }
  return runs;
}

/** How many of the times lie between two. */
const countOf = (times: Float64Array, fromMs: number, toMs: number): number =>
  rankOf(times, toMs) - rankOf(times, fromMs);

/** How many of the times, in order, are before one. */
function rankOf(times: Float64Array, ms: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

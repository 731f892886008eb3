import { describe, expect, test } from "vitest";
import { openedOutOfOrder } from "../../../../lib/roll-up/dedupe/opened-out-of-order.ts";
import {
  type CommittedPart,
  type Head,
  newHead,
  type OpenPart,
  type PartPlace,
} from "../../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";

const placeOf = (number: number): PartPlace => ({ number, lastSequence: String(10_000 - number) });

/** A ledger whose parts with these numbers were opened out of order, one after the other, and its head. */
async function opened(numbers: readonly number[], open: readonly number[] = [], gone: readonly number[] = []) {
  const ledger = new TableLedger();
  const parts = numbers.map((number, index) => {
    const before = numbers[index - 1];
    const link = before === undefined ? {} : { outOfOrderBefore: placeOf(before) };
    const firstSequence = placeOf(number).lastSequence;
    return { id: `p${number}`, ...placeOf(number), firstSequence, definitions: ["d"], ...link } as unknown as OpenPart;
  });
  for (const part of parts) {
    if (open.includes(part.number) || gone.includes(part.number)) continue;
    await ledger.commit("s", part as unknown as CommittedPart);
  }
  const head: Head = {
    ...{ ...newHead, revision: 1_000, open: parts.filter(({ number }) => open.includes(number)) },
    ...(numbers.length === 0 ? {} : { outOfOrder: placeOf(numbers.at(-1) ?? 0) }),
  };
  const since = async (revision: number) =>
    (await openedOutOfOrder(ledger, "s", head, revision))?.map(({ number }) => number);
  return { ledger, since };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("the parts that were opened out of order", () => {
  test("are none where all were opened in order", async () => {
    const { since, ledger } = await opened([]);
    expect(await since(0)).toEqual([]);
    expect(ledger.table.consumed.requests).toBe(0);
  });

  test("are found from the newest back to the revision, and the one at it no more", async () => {
    const { since } = await opened([2, 5, 9, 12]);
    expect(await since(0)).toEqual([12, 9, 5, 2]);
    expect(await since(4)).toEqual([12, 9, 5]);
    expect(await since(5)).toEqual([12, 9]);
    expect(await since(12)).toEqual([]);
  });

  test("are found among those that are open too, which are not read", async () => {
    const { since, ledger } = await opened([2, 5, 9], [9, 5]);
    const before = ledger.table.consumed.requests;
    expect(await since(0)).toEqual([9, 5, 2]);
    expect(ledger.table.consumed.requests - before).toBe(1);
  });

  test("are up to fifty: of more it is not said which", async () => {
    expect(await (await opened(upTo(50))).since(0)).toHaveLength(50);
    expect(await (await opened(upTo(51))).since(0)).toBeUndefined();
    expect(await (await opened(upTo(51))).since(1)).toHaveLength(50);
  });

  test("are not known where the ledger has dropped one of them", async () => {
    expect(await (await opened([2, 5, 9], [], [5])).since(0)).toBeUndefined();
    expect(await (await opened([2, 5, 9], [], [5])).since(5)).toEqual([9]);
  });
});

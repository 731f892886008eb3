import { describe, expect, test } from "vitest";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { OpenPart } from "../../../../lib/store/ledger/ledger.ts";
import { child, Family, own } from "./family.ts";

describe("of a shard that came from its own, a part remembers", () => {
  async function withChild(): Promise<Family> {
    const family = new Family();
    family.move(own, { descendants: [child], revision: 9 });
    await family.counted(child, 1, 100, [1], { [own]: 4 });
    await family.counted(child, 3, 101, [2, 3], { [own]: 5 });
    await family.counted(child, 5, 102, [5], { [own]: 6 });
    return family;
  }

  test.each([
    [4, []],
    [5, [1]],
    [6, [1, 2, 3]],
    [7, [1, 2, 3, 5]],
  ])("as number %i the parts that did not see it: ids %j", async (number, ids) => {
    const family = await withChild();
    const memory = new DuplicateMemory(family.ledger);
    for (let times = 0; times < 2; times++) expect(await family.known(memory, number, 99)).toEqual(ids);
  });

  test("no part that sees nothing of it yet, and each as soon as it does", async () => {
    const family = await withChild();
    await family.opened(child, 7, 103, [7]);
    const memory = new DuplicateMemory(family.ledger);
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5]);
    const [open] = family.head(child).open;
    family.move(child, { revision: 8, open: [{ ...(open as OpenPart), views: { [own]: 9 } }] });
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5, 7]);
    expect(await family.known(memory, 9, 99)).toEqual([1, 2, 3, 5]);
  });

  test("a part that was sealed and counted since it was seen open, by what the ledger says of it", async () => {
    const family = await withChild();
    await family.opened(child, 7, 103, [7]);
    const memory = new DuplicateMemory(family.ledger);
    await family.known(memory, 20, 99);
    family.move(child, { open: [] });
    await family.counted(child, 7, 103, [7], { [own]: 12 });
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5, 7]);
    expect(await family.known(memory, 12, 99)).toEqual([1, 2, 3, 5]);
  });

  test("a part that was sealed and counted between others that are open still", async () => {
    const family = await withChild();
    await family.opened(child, 7, 103, [7]);
    await family.opened(child, 9, 104, [9]);
    const memory = new DuplicateMemory(family.ledger);
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5]);
    const [, later] = family.head(child).open;
    family.move(child, { open: [later as OpenPart] });
    await family.counted(child, 7, 103, [7], { [own]: 12 });
    family.move(child, { revision: 10 });
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5, 7]);
    family.move(child, { revision: 11, open: [{ ...(later as OpenPart), views: { [own]: 15 } }] });
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5, 7, 9]);
    expect(await family.known(memory, 15, 99)).toEqual([1, 2, 3, 5, 7]);
  });

  test("what was counted there since, and reads no more than that", async () => {
    const family = await withChild();
    const memory = new DuplicateMemory(family.ledger);
    await family.known(memory, 20, 99);
    const requests = family.requests();
    await family.known(memory, 21, 99);
    // Its head: whether there is anything new.
    expect(requests()).toBe(1);
    await family.counted(child, 9, 104, [9], { [own]: 9 });
    requests();
    expect(await family.known(memory, 22, 99)).toEqual([1, 2, 3, 5, 9]);
    expect(requests()).toBe(3);
  });

  test("what each of several has", async () => {
    const family = await withChild();
    family.move(own, { descendants: [child, "s/other"] });
    await family.counted("s/other", 1, 101, [2, 8], { [own]: 1 });
    expect(await family.known(new DuplicateMemory(family.ledger), 20, 99)).toEqual([1, 2, 3, 5, 8]);
  });
});

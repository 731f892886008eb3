import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { rig as newRig, ok, type Rig, seeded, thrown } from "./rig.ts";

const [A, B, C, D, E] = ["a", "b", "c", "d", "e"] as const;
let rigs: Rig[] = [];
function rig(...of: Parameters<typeof newRig>): Rig {
  const made = newRig(...of);
  rigs.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(rigs.map((each) => each.stop()));
  rigs = [];
});

describe("a reshard", () => {
  test("never lets a record of a child be sent before all of its parents' have succeeded, through splits, merges and deaths", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 5 }), async (seed, batchSize) => {
        const r = newRig({ batchSize, bisectBatchOnFunctionError: true }, { listIntervalMs: 4_000 });
        const random = seeded(seed);
        const parentsOf = new Map<string, string[]>([["0", []]]);
        const textsOf = new Map<string, string[]>();
        let tips = ["0"];
        r.stream.open("0");
        const add = (...parents: string[]) => {
          const shard = String(parentsOf.size);
          parentsOf.set(shard, parents);
          r.stream.open(shard, ...parents);
          return shard;
        };
        r.answer = ({ shardId }) => {
          for (const parent of parentsOf.get(shardId) ?? []) {
            const left = (textsOf.get(parent) ?? []).filter((text) => !r.succeeded.includes(text));
            if (left.length > 0) throw new Error(`${shardId} was sent before ${left} of ${parent}`);
          }
          return random() < 0.2 ? thrown : ok;
        };
        r.start();
        for (let generation = 0; generation < 8; generation++) {
          for (const tip of tips) {
            const texts = [0, 1, 2].map((n) => `${tip}.${n}`);
            textsOf.set(tip, texts);
            r.stream.put(tip, ...texts);
          }
          if (random() < 0.5) await r.clock.advance(1_500);
          if (random() < 0.5) {
            if (random() < 0.5) r.kill();
            else await r.stop();
            r.start();
          }
          for (const tip of tips) r.stream.close(tip);
          const [a, b] = tips;
          tips =
            a !== undefined && b !== undefined && random() < 0.6
              ? [add(a, b)]
              : tips.flatMap((tip) => [add(tip), add(tip)]).slice(0, 4);
        }
        await r.clock.advance(600_000);
        expect(r.problems).toEqual([]);
        // Where not even the moment was kept, the mapping begins with the second start.
        expect(new Set(r.succeeded)).toEqual(new Set([...textsOf.values()].flat()));
        await r.stop();
      }),
      { numRuns: 30 },
    );
  });

  test("of a shard that is forgotten while its child is read does not make the child begin again", async () => {
    const r = rig({ batchSize: 1 });
    r.stream.open(A);
    r.stream.put(A, "a");
    r.stream.close(A);
    r.stream.open(B, A);
    r.stream.put(B, "b1");
    r.start();
    await r.clock.advance(40_000);
    r.stream.forget(A);
    await r.clock.advance(40_000);
    r.kill();
    r.stream.put(B, "b2");
    r.start();
    await r.clock.advance(1_000);
    expect(r.succeeded).toEqual(["a", "b1", "b2"]);
  });
});

describe("LATEST", () => {
  const latest = { startingPosition: { kind: "latest" } } as const;

  test("with shards that split while the mapping is away means the moment it first began, in parents and children", async () => {
    const r = rig(latest);
    r.stream.open(A);
    r.stream.put(A, "before");
    await r.clock.advance(1_000);
    r.start();
    await r.clock.advance(0);
    r.kill();
    await r.clock.advance(60_000);
    r.stream.put(A, "a");
    r.stream.close(A);
    for (const child of [B, C]) {
      r.stream.open(child, A);
      r.stream.put(child, child);
    }
    r.start();
    await r.clock.advance(5_000);
    expect(r.succeeded).toEqual(["a", "b", "c"]);
  });

  test("on a stream of closed and open shards reads nothing of before, whatever it dies of while it begins", async () => {
    for (let saves = 0; saves < 6; saves++) {
      const r = rig(latest);
      r.stream.open(A);
      r.stream.open(B);
      for (const shard of [A, B]) r.stream.put(shard, "before");
      r.stream.close(A);
      r.stream.close(B);
      r.stream.open(C, A, B);
      r.stream.open(D);
      r.stream.put(C, "before");
      r.stream.put(D, "before");
      await r.clock.advance(1_000);
      const { save } = r.checkpoints;
      let left = saves;
      r.checkpoints.save = async (shardId, checkpoint) => {
        if (left-- === 0) r.kill();
        else await save.call(r.checkpoints, shardId, checkpoint);
      };
      r.start();
      await r.clock.advance(1_000);
      left = Number.POSITIVE_INFINITY;
      for (const shard of [C, D]) r.stream.put(shard, `${shard} after`);
      await r.clock.advance(1);
      r.start();
      await r.clock.advance(5_000);
      // Where not even the moment was kept, the mapping begins with the second start.
      expect(new Set(r.succeeded)).toEqual(new Set(saves === 0 ? [] : ["c after", "d after"]));
    }
  });
});

describe("AT_TIMESTAMP", () => {
  test("is the same moment in every shard, and passes over parents that ended before it", async () => {
    const r = rig({ batchSize: 2 });
    r.stream.open(A);
    r.stream.put(A, "old a");
    r.stream.close(A);
    for (const child of [B, C]) r.stream.open(child, A);
    r.stream.put(B, "old b");
    await r.clock.advance(1_000);
    const ms = r.clock.now();
    for (const child of [B, C]) {
      r.stream.put(child, child);
      r.stream.close(child);
    }
    r.stream.open(D, B, C);
    r.stream.put(D, "d");
    r.start({ startingPosition: { kind: "at-timestamp", ms } });
    await r.clock.advance(500);
    r.kill();
    r.stream.close(D);
    r.stream.open(E, D);
    r.stream.put(E, "e");
    r.start({ startingPosition: { kind: "at-timestamp", ms } });
    await r.clock.advance(10_000);
    expect(r.succeeded).toEqual(["b", "c", "d", "e"]);
    expect(r.stream.reads.some((read) => read.shardId === A)).toBe(true);
  });
});

import { describe, expect, test } from "vitest";
import { ShardGauge } from "../../../lib/query/shard-gauge.ts";
import { GivingWay } from "../../../lib/stream/giving-way.ts";
import type { StreamPage, StreamStart } from "../../../lib/stream/reader.ts";

const throttled = Object.assign(new Error("too fast"), { name: "ProvisionedThroughputExceededException" });
const pageOf = (behindMs: number, ...arrivalsMs: number[]): StreamPage => ({
  behindMs,
  records: arrivalsMs.map((arrivalMs) => ({
    sequenceNumber: String(arrivalMs),
    partitionKey: "p",
    arrivalMs,
    data: Buffer.from("{}"),
  })),
});
const tip = pageOf(0);

/** A gauge over a shard whose reads go as told; the last goes on for ever, and "end" ends the shard. */
class Rig {
  nowMs = 100_000;
  reads = 0;
  readonly starts: StreamStart[] = [];
  shards = ["s"];
  answers: (StreamPage | Error | "end")[] = [tip];
  readonly #clock = { now: () => this.nowMs };
  readonly gauge = new ShardGauge(
    { shardIds: async () => this.shards, pages: (_, start) => this.#pages(start) },
    new GivingWay(this.#clock),
    this.#clock,
  );

  async arrival(after?: string): Promise<number | undefined> {
    return (await this.gauge.next("s", after)).arrivalMs;
  }

  async *#pages(start: StreamStart): AsyncGenerator<StreamPage> {
    this.starts.push(start);
    for (;;) {
      this.reads++;
      const answer = (this.answers.length > 1 ? this.answers.shift() : this.answers[0]) ?? tip;
      if (answer === "end") return;
      if (answer instanceof Error) throw answer;
      yield answer;
    }
  }
}

describe("the next record behind a place", () => {
  test.each<[what: string, answers: Rig["answers"], arrivalMs: number | undefined, reads: number]>([
    ["is the first one", [pageOf(0, 5_000, 6_000)], 5_000, 1],
    ["is found behind an empty read", [pageOf(9, ...[]), pageOf(0, 5_000)], 5_000, 2],
    ["is none at the tip", [tip], undefined, 1],
    ["is none behind the end of the shard", ["end"], undefined, 1],
    ["is not found yet after two empty reads", [pageOf(9)], undefined, 2],
  ])("%s", async (_, answers, arrivalMs, reads) => {
    for (const [after, start] of [
      ["4", { after: "4" }],
      [undefined, "oldest"],
    ] as const) {
      const rig = new Rig();
      rig.answers = [...answers];
      expect(await rig.arrival(after)).toBe(arrivalMs);
      expect(rig.starts).toEqual([start]);
      expect(rig.reads).toBe(reads);
    }
  });

  test("is looked for further on by the next question, by the same iterator", async () => {
    const rig = new Rig();
    rig.answers = [pageOf(9), pageOf(9), pageOf(0, 5_000)];
    expect([await rig.arrival("4"), await rig.arrival("4")]).toEqual([undefined, 5_000]);
    expect([rig.starts.length, rig.reads]).toEqual([1, 3]);
  });

  test("that is known is not read again until the place moves", async () => {
    const rig = new Rig();
    rig.answers = [pageOf(0, 5_000)];
    for (let look = 0; look < 100; look++) expect(await rig.arrival("4")).toBe(5_000);
    expect(rig.reads).toBe(1);
    rig.answers = [tip];
    expect(await rig.arrival("5")).toBeUndefined();
    expect(rig.starts).toEqual([{ after: "4" }, { after: "5" }]);
  });
});

describe("a shard that throttles", () => {
  test("is left alone for 2 s, and twice as long each time; meanwhile the last answer stands, with its time", async () => {
    const rig = new Rig();
    const begunMs = rig.nowMs;
    await rig.arrival("4");
    rig.answers = [throttled];
    const readsMs: number[] = [];
    for (let second = 1; second <= 60; second++) {
      rig.nowMs += 1_000;
      const before = rig.reads;
      expect(await rig.gauge.next("s", "4")).toEqual({ arrivalMs: undefined, asOfMs: begunMs });
      if (rig.reads > before) readsMs.push(second);
    }
    expect(readsMs).toEqual([1, 3, 7, 15, 31]);
    rig.answers = [pageOf(0, 5_000)];
    rig.nowMs += 3_000;
    expect(await rig.gauge.next("s", "4")).toEqual({ arrivalMs: 5_000, asOfMs: rig.nowMs });
  });

  test("from the beginning says nothing yet, and another error is told", async () => {
    const rig = new Rig();
    rig.answers = [throttled, new Error("no such right")];
    expect(await rig.arrival("4")).toBeUndefined();
    rig.nowMs += 2_000;
    await expect(rig.arrival("4")).rejects.toThrow("no such right");
  });
});

test("a shard that the stream has forgotten is forgotten", async () => {
  const rig = new Rig();
  rig.answers = [pageOf(0, 5_000)];
  await rig.arrival("4");
  await rig.gauge.shardIds();
  expect([await rig.arrival("4"), rig.reads]).toEqual([5_000, 1]);
  rig.shards = [];
  await rig.gauge.shardIds();
  expect([await rig.arrival("4"), rig.reads]).toEqual([5_000, 2]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { drawSwitches, type Switches } from "../../../local/event-source-mapping/switches.ts";
import { fatal, namedFailed, rig as newRig, ok, type Rig, seeded, thrown } from "./rig.ts";

const acts = [
  "put",
  "put",
  "put",
  "split",
  "merge",
  "fail",
  "throttle",
  "report",
  "restart",
  "kill",
  "second poller",
  "wait",
];

type Shards = { readonly open: string[]; count: number; readonly lines: Map<string, string[]> };

interface History {
  readonly script: readonly string[];
  readonly seed: number;
  readonly batchSize: number;
}

const history = fc.record<History>({
  script: fc.array(fc.constantFrom(...acts), { maxLength: 40 }),
  seed: fc.nat(),
  batchSize: fc.integer({ min: 1, max: 7 }),
});

/** Plays a history under whatever switches its seed draws. */
async function play({ script, seed, batchSize }: History, switches: Switches = drawSwitches(seeded(seed + 1))) {
  const settings = { batchSize, bisectBatchOnFunctionError: seed % 2 === 0, reportBatchItemFailures: seed % 3 === 0 };
  const r = newRig(settings, { pollIntervalMs: 3_000, listIntervalMs: 5_000, switches, chance: 0.3 });
  const random = seeded(seed);
  r.random = random;
  const shards: Shards = { open: [], count: 0, lines: new Map() };
  open(r, shards);
  open(r, shards);
  let broken: (typeof r.answer)[] = [];
  r.answer = async (invocation) => {
    await r.clock.sleep(Math.floor(random() * 800));
    return (broken.shift() ?? (() => ok))(invocation);
  };
  r.start();
  for (const [n, act] of script.entries()) {
    if (act === "put") for (const shard of shards.open) put(r, shards, shard, n);
    else if (act === "split") split(r, shards, random);
    else if (act === "merge") merge(r, shards);
    else if (act === "fail")
      broken.push(
        () => thrown,
        () => thrown,
      );
    else if (act === "throttle") broken.push(() => ({ kind: "throttled" }));
    else if (act === "report") broken.push((invocation) => namedFailed(invocation.texts.at(-1) ?? "")(invocation));
    else if (act === "wait") await r.clock.advance(2_000);
    else {
      // A second poller begins without the first one ending: only a lost process does so.
      if (act === "restart") await r.stop();
      else if (act === "kill") r.kill();
      r.start();
    }
  }
  await r.clock.advance(3_600_000);
  broken = [];
  await r.stop();
  return { r, shards };
}

function open(r: Rig, shards: Shards, ...parents: string[]): string {
  const shard = `shardId-${String(shards.count++).padStart(12, "0")}`;
  r.stream.open(shard, ...parents);
  shards.open.push(shard);
  shards.lines.set(shard, []);
  return shard;
}

function put(r: Rig, shards: Shards, shard: string, n: number): void {
  const texts = Array.from({ length: 4 }, (_, at) => `${shard.slice(-2)}.${n}.${at}`);
  shards.lines.get(shard)?.push(...texts);
  r.stream.put(shard, ...texts);
}

function close(r: Rig, shards: Shards, shard: string): void {
  shards.open.splice(shards.open.indexOf(shard), 1);
  r.stream.close(shard);
}

function split(r: Rig, shards: Shards, random: () => number): void {
  const shard = shards.open[Math.floor(random() * shards.open.length)];
  if (shard === undefined || shards.open.length > 4) return;
  close(r, shards, shard);
  open(r, shards, shard);
  open(r, shards, shard);
}

function merge(r: Rig, shards: Shards): void {
  const [a, b] = shards.open;
  if (a === undefined || b === undefined) return;
  close(r, shards, a);
  close(r, shards, b);
  open(r, shards, a, b);
}

test("whatever is done to a stream and its pollers, under any switches, every record succeeds and comes in order the first time", async () => {
  await fc.assert(
    fc.asyncProperty(history, async (each) => {
      const { r, shards } = await play(each);
      const succeeded = new Set(r.succeeded);
      const firstSeen = new Map<string, number>();
      for (const [n, text] of r.invocations.flatMap(({ texts }) => texts).entries()) {
        if (!firstSeen.has(text)) firstSeen.set(text, n);
      }
      for (const texts of shards.lines.values()) {
        for (const text of texts) expect(succeeded).toContain(text);
        const seen = texts.map((text) => firstSeen.get(text) ?? -1);
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
      }
      expect(r.written).toEqual([]);
      for (const status of r.mapping.status()) {
        expect(status.state).toBe(shards.open.includes(status.shardId) ? "stopped" : "ended");
      }
    }),
    { numRuns: 50 },
  );
});

test("the same seed gives the same history to the last byte", async () => {
  await fc.assert(
    fc.asyncProperty(history, async (each) => {
      const [first, second] = [await play(each), await play(each)];
      expect(second.r.invocations).toEqual(first.r.invocations);
      expect(second.r.metrics).toEqual(first.r.metrics);
    }),
    { numRuns: 8 },
  );
});

test("with retries that end, every record succeeds or is discarded, and what is not poison is discarded only beside poison", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.integer({ min: 1, max: 9 }),
      fc.uniqueArray(fc.nat(29)),
      async (seed, batchSize, bad) => {
        const switches = drawSwitches(seeded(seed));
        const settings = { batchSize, bisectBatchOnFunctionError: true, maximumRetryAttempts: seed % 4 };
        const r = newRig(settings, { pollIntervalMs: 10_000, switches, chance: 0.3 });
        r.random = seeded(seed + 1);
        const texts = Array.from({ length: 30 }, (_, n) => `t${n}`);
        const poison = bad.map((n) => `t${n}`);
        r.stream.open("shardId-000000000000");
        r.stream.put("shardId-000000000000", ...texts);
        r.answer = fatal(...poison);
        r.start();
        await r.clock.advance(3_600_000);
        const given = r.written.flatMap((body) => {
          const { payload } = JSON.parse(body);
          return (typeof payload === "string" ? JSON.parse(payload) : payload).Records.map(
            (record: { kinesis: { data: string } }) => Buffer.from(record.kinesis.data, "base64").toString(),
          );
        });
        // With bisection a bad record is given up alone, whatever the edges.
        expect(new Set(given)).toEqual(new Set(poison));
        expect(new Set(r.succeeded)).toEqual(new Set(texts.filter((text) => !poison.includes(text))));
        await r.stop();
      },
    ),
    { numRuns: 60 },
  );
});

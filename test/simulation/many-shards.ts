import { settingsOf } from "../../lib/config/settings.ts";
import { count, defineConfig, page } from "../../lib/config.ts";
import { type CallFault, callNames, type Plan, type PlannedEvent, type Step, type Surroundings } from "./plan.ts";
import { Random } from "./random.ts";
import { storeDefaults } from "./store-switches.ts";
import { hashesEnd } from "./stream.ts";

/** As many as there are hashes. */
export const shardsMax = hashesEnd;

const seconds = 120;
/** Between two records of a shard, and what is in one. */
const recordEveryMs = 2_000;
const eventsPerRecord = 2;

/**
 * One history of a stream with so many shards, all of them written to for two minutes, as the template sets its mapping up:
 * the number of batches, parts and requests is that of any load, for the batching window alone decides it. A store that is
 * away for half a minute and a few processes that die make others come back.
 */
export function manyShardsPlan(shards: number, seed: number): Plan {
  const random = new Random(seed, 7);
  const steps: Step[] = [];
  const sent = new Map<number, PlannedEvent>();
  let ids = 0;
  const event = (person: number): PlannedEvent => {
    const before = sent.get(person);
    if (before !== undefined && random.chance(0.05)) return before;
    const fresh: PlannedEvent = {
      id: ids++,
      kind: random.pick(["sale", "view", "page"]),
      ageMs: random.between(0, 60_000),
      price: random.between(1, 99),
      shop: `s${random.below(3)}`,
      size: `z${random.below(3)}`,
    };
    sent.set(person, fresh);
    return fresh;
  };
  for (let ms = 0; ms < seconds * 1_000; ms += recordEveryMs) {
    if (random.chance(0.3)) steps.push({ kind: "faults", afterMs: 0, faults: [fault(random)], outlivesLimit: true });
    for (let shard = 0; shard < shards; shard++) {
      const person = random.below(hashesEnd);
      const events = Array.from({ length: eventsPerRecord }, () => event(person));
      const afterMs = shard === 0 ? recordEveryMs : 0;
      steps.push({ kind: "put", afterMs, person, form: "lines", events, skewMs: 0 });
    }
  }
  steps.splice(steps.length >> 1, 0, { kind: "outage", afterMs: 0, service: "store", forMs: 30_000, hangMs: 5_000 });
  return { seed, chance: seed, surroundings: surroundingsOf(shards), steps, later: [], last: "first" };
}

const fault = (random: Random): CallFault => ({
  call: random.pick(callNames),
  nth: random.below(2),
  what: random.pick(["dies before", "dies after", "answer lost", "lands late"] as const),
  ms: 1_000,
});

/** As the template sets a stream of so many shards up, in a world that is seldom slow. */
function surroundingsOf(shards: number): Surroundings {
  const config = defineConfig({ metrics: { views: { on: page(), measure: count() } }, stream: { shards } });
  const { batchingWindowSeconds, batchSize } = settingsOf(config);
  return {
    shards,
    batchSize,
    windowSeconds: batchingWindowSeconds,
    retries: -1,
    ageSeconds: -1,
    bisects: true,
    pollMs: 1_000,
    slowShare: 0.1,
    slowMs: 20,
    groupsPerBucket: 1_000,
    smallParts: false,
    pageSize: 1_000,
    emptyShare: 0,
    busyShare: 0,
    clockOffMs: 0,
    windowHours: 1,
    sweepAtMs: 60_000,
    sweepEveryMs: 300_000,
    redriveAtMs: 120_000,
    redriveEveryMs: 900_000,
    memoryStoreHours: 49,
    payloadBytesMax: 6 * 1024 * 1024,
    retentionMs: Number.POSITIVE_INFINITY,
    deletedAfterMs: 0,
    readLagMs: 0,
    switches: {},
    storeSwitches: storeDefaults,
  };
}

import { lambdaPayloadBytesMax } from "../../lib/limits.ts";
import { drawSwitches, type Switches } from "../../local/event-source-mapping/switches.ts";
import { type DeploymentName, metricNames, settingNames } from "./deployment.ts";
import {
  type CallFault,
  type CallName,
  callNames,
  type Fate,
  longShop,
  type Plan,
  type PlannedEvent,
  recoveryCallNames,
  type Step,
  type Surroundings,
} from "./plan.ts";
import { Random } from "./random.ts";
import { drawStoreSwitches, storeDefaults } from "./store-switches.ts";
import { refusedShop } from "./timestream-table.ts";

export interface DrawOptions {
  /** What AWS leaves open: as each table says by default, or anything. */
  readonly switches: "default" | "all";
}

/** The plan of a seed: sixty records at most, a handful of faults, and the world that they meet. */
export function drawPlan(seed: number, options: DrawOptions): Plan {
  const random = new Random(seed, 1);
  const reshards = random.chance(0.2);
  const surroundings = drawSurroundings(random, options, reshards);
  const world: Drawing = {
    random,
    surroundings,
    isLong: surroundings.pollMs >= 60_000,
    reshards,
    people: surroundings.shards > 3 ? 60 : reshards ? 3 : 6,
    events: [],
    ids: 0,
  };
  const puts: Step[] = [];
  const records = random.between(6, 34);
  while (puts.length < records) puts.push(...drawPuts(world));
  const faults = Array.from({ length: random.between(2, 11) }, () => drawFault(world));
  const steps = puts;
  for (const fault of faults) steps.splice(random.below(steps.length + 1), 0, ...fault);
  const last = random.chance(0.5) ? "first" : drawName(random);
  return { seed, chance: seed, surroundings, steps, later: drawLater(world), last };
}

/** The life of the same stream after the ledger's items have expired: most of what may happen has happened before. */
function drawLater(world: Drawing): Step[] {
  const { random, surroundings } = world;
  // What the stream still had would be counted again: it forgets before the ledger does.
  const { retentionMs, shards } = surroundings;
  if (retentionMs === Number.POSITIVE_INFINITY || shards > 3 || random.chance(0.5)) return [];
  const steps = Array.from({ length: random.between(3, 8) }, () => drawPuts(world)).flat();
  for (let n = 0; n < 3; n++) {
    const [fault] = random.chance(0.5)
      ? drawReshards(random)
      : [{ kind: "faults" as const, afterMs: drawDelay(world), ...drawFate(world) }];
    steps.splice(random.below(steps.length + 1), 0, fault);
  }
  return steps;
}

const drawReshards = (random: Random): [Step] => [
  { kind: random.pick(["split", "merge"] as const), afterMs: random.below(60_000), shard: random.next() },
];

interface Drawing {
  readonly random: Random;
  readonly surroundings: Surroundings;
  /** Hours, instead of minutes. */
  readonly isLong: boolean;
  /** Shards split and merge, and what Lambda gave up on before comes again among their children's records. */
  readonly reshards: boolean;
  readonly people: number;
  /** Events with an id, to be sent again. */
  readonly events: { readonly person: number; readonly event: PlannedEvent }[];
  ids: number;
}

function drawSurroundings(random: Random, { switches }: DrawOptions, reshards: boolean): Surroundings {
  const isLong = random.chance(0.12);
  const days = isLong && random.chance(0.25) ? random.pick([1, 7]) : 0;
  const all = switches === "all";
  const gives = random.chance(reshards ? 0.8 : 0.2);
  const capped = random.chance(0.15);
  const storeSwitches = all ? drawStoreSwitches(random) : storeDefaults;
  const engineSwitches: Partial<Switches> = all ? drawSwitches(random.next) : {};
  // A record that no event can carry would be tried for ever, where that is how it goes.
  const leastBytes = engineSwitches.recordTooLarge === "retry" ? 5_000 : 1_500;
  return {
    shards: isLong && random.chance(0.1) ? 50 : random.pick([1, 1, 2, 3]),
    batchSize: random.pick([1, 2, 3, 4, 6, 10, 20]),
    windowSeconds: random.pick([0, 0, 5, 20]),
    retries: gives ? random.between(0, 3) : -1,
    ageSeconds: gives && random.chance(0.6) ? random.pick([60, 120, 600]) : -1,
    bisects: random.chance(0.8),
    pollMs: isLong ? random.pick([60_000, 300_000]) * (days === 0 ? 1 : 6) : random.pick([1_000, 5_000, 15_000]),
    windowHours: days === 0 ? 1 : days * 24,
    slowShare: random.pick([0, 0.1, 0.3]),
    slowMs: random.pick([20, 1_000, 10_000]),
    // What is refused by its group is told from `(other)` only where no group is over the cap.
    groupsPerBucket: capped && ["none", "old"].includes(storeSwitches.refuses) ? 2 : 1_000,
    smallParts: random.chance(0.2),
    pageSize: random.pick([1, 2, 3, 10, 10, 100, 100, 100]),
    emptyShare: random.pick([0, 0, 0.2]),
    busyShare: random.pick([0, 0, 0, 0.2, 0.6]),
    clockOffMs: random.pick([0, 0, 5_000, 120_000]),
    memoryStoreHours: isLong && !capped && random.chance(0.5) ? 3 : 26,
    payloadBytesMax: random.chance(0.1) ? random.between(leastBytes, 8_000) : lambdaPayloadBytesMax,
    // Twice an hour and more: the stream must not forget a shard while copies of its events may still come.
    retentionMs:
      isLong && days === 0 && random.chance(0.5) ? random.pick([9_000_000, 14_400_000]) : Number.POSITIVE_INFINITY,
    deletedAfterMs: random.pick([0, 0, 48 * 3_600_000]),
    readLagMs: random.pick([0, 5_000, 600_000]),
    sweepAtMs: random.below(300_000),
    sweepEveryMs: days === 0 ? 5 * 60_000 : 60 * 60_000,
    redriveAtMs: random.below(900_000),
    redriveEveryMs: days === 0 ? 15 * 60_000 : 60 * 60_000,
    switches: engineSwitches,
    storeSwitches,
  };
}

/** One record; or one of before, sent again as a whole. */
function drawPuts(world: Drawing): Step[] {
  const { random } = world;
  const person = random.below(world.people);
  const afterMs = drawDelay(world);
  if (random.chance(0.02))
    return [{ kind: "put", afterMs, person, form: "garbage", events: [], skewMs: drawSkew(world) }];
  const form = random.chance(0.04) ? "gzip" : random.pick(["lines", "lines", "array"] as const);
  const events = Array.from({ length: random.chance(0.5) ? 1 : random.between(2, 6) }, () => drawEvent(world, person));
  const kills = random.chance(0.008) ? { kills: random.chance(0.6) ? ("always" as const) : drawName(random) } : {};
  const put: Step = { kind: "put", afterMs, person, form, events, skewMs: drawSkew(world), ...kills };
  // A producer that heard no answer sends the whole record again.
  if (!random.chance(0.1)) return [put];
  return [put, { ...put, afterMs: drawDelay(world), skewMs: drawSkew(world) }];
}

function drawDelay({ random, isLong, surroundings }: Drawing): number {
  if (random.chance(0.4)) return 0;
  const { windowHours } = surroundings;
  if (windowHours > 1 && random.chance(0.3)) return random.below(windowHours * 900_000);
  if (random.chance(0.9)) return random.below(4_000);
  return isLong ? random.below(40 * 60_000) : random.below(60_000);
}

/** Arrival times are not promised to grow. */
function drawSkew({ random, isLong }: Drawing): number {
  if (random.chance(0.7)) return 0;
  return isLong ? random.between(-240_000, 240_000) : random.between(-2_000, 2_000);
}

function drawEvent(world: Drawing, person: number): PlannedEvent {
  const { random, events } = world;
  const own = events.filter((each) => each.person === person);
  // Somebody else's message under the same id, by chance or not.
  if (own.length > 0 && random.chance(0.06)) return drawStranger(world, person, random.pick(own).event);
  const isRepetitive = world.reshards || world.surroundings.windowHours > 1;
  if (own.length > 0 && random.chance(isRepetitive ? 0.4 : 0.25)) return random.pick(own).event;
  const event: PlannedEvent = {
    id: random.chance(0.9) ? world.ids++ : undefined,
    kind: random.pick(["sale", "sale", "sale", "view", "page"]),
    ageMs: random.chance(0.95) ? drawAge(random) : undefined,
    price: random.chance(0.9) ? random.between(1, 99) : random.chance(0.5) ? "dear" : undefined,
    shop: random.chance(0.06) ? refusedShop : random.chance(0.03) ? longShop : `s${random.below(3)}`,
    size: `z${random.below(3)}`,
    ...(random.chance(0.04) ? { flaw: random.pick(["json", "type"] as const) } : {}),
  };
  if (event.id === undefined) return event;
  events.push({ person, event });
  // A producer that mended it sends it again under the same id.
  if (event.flaw !== undefined) {
    const { flaw: _, ...mended } = event;
    events.push({ person, event: mended });
  }
  return event;
}

function drawStranger({ random, events }: Drawing, person: number, { source, ...event }: PlannedEvent): PlannedEvent {
  const other = random.pick((["none", "web", "server"] as const).filter((each) => each !== (source ?? "none")));
  const stranger = { ...event, ...(other === "none" ? {} : { source: other }), price: random.between(1, 99) };
  events.push({ person, event: stranger });
  return stranger;
}

function drawAge(random: Random): number {
  const around = random.next();
  if (around < 0.9) return random.between(-30_000, 150_000);
  // Around all of the bounds, on either side.
  if (around < 0.92) return random.pick([1_800_000, 7_200_000]) + random.between(-100_000, 100_000);
  return around < 0.96 ? random.between(3_500_000, 3_700_000) : random.between(-700_000, -500_000);
}

/** What a process calls in nearly every invocation more often than what it rarely does. */
const weighed: readonly CallName[] = [
  ...callNames,
  ...Array.from({ length: 3 }, () => ["ledger.moveHead", "ledger.commit", "store.write"] as const).flat(),
  ...(["ledger.keepIds", "ledger.committed", "ledger.neighbours", "store.write"] as const),
];

/** What sweep and redrive call, and what they call most. */
const recoveryCalls: readonly CallName[] = [
  ...recoveryCallNames,
  ...(["roll-up.run", "ledger.moveHead", "ledger.head", "ledger.committed", "stream.read"] as const),
];

function drawFate(world: Drawing, calls = weighed): Fate {
  const { random } = world;
  const faults = Array.from({ length: random.chance(0.8) ? 1 : 2 }, () => drawCallFault(world, calls));
  return { faults, outlivesLimit: random.chance(0.6) };
}

function drawCallFault({ random, isLong }: Drawing, calls: readonly CallName[]): CallFault {
  const byName = random.chance(0.6);
  const sleepsMs = [0, 5_000, 100_000, 200_000, isLong ? 7_200_000 : 400_000];
  return {
    call: byName ? random.pick(calls) : "any",
    nth: byName ? random.pick([0, 0, 0, 1, 1, 2]) : random.below(18),
    what: random.pick([
      "dies before",
      "dies before",
      "dies after",
      "dies after",
      "lands late",
      "stalls",
      "stalls",
      "answer lost",
      "refused",
    ]),
    ms: random.pick(sleepsMs),
  };
}

function drawFault(world: Drawing): Step[] {
  const { random, surroundings } = world;
  if (world.reshards && random.chance(0.4)) return drawReshard(world);
  if (surroundings.retentionMs < Number.POSITIVE_INFINITY && random.chance(0.09))
    return random.chance(0.6) ? drawLoss(world) : drawLateWriteOff(world);
  if (random.chance(0.02)) return drawEarlyWriteOff(world);
  if (surroundings.retries >= 0 && random.chance(0.05)) return drawGap(world);
  if (random.chance(0.04)) return drawUndecodable(world);
  if (random.chance(0.04)) return drawTakeOver(world);
  const fault = drawOneFault(world);
  // What an invocation leaves behind is taken over by the code of another deployment.
  if (fault.kind !== "faults" || !random.chance(0.3)) return [fault];
  return [fault, drawDeploy(world, random.below(20_000))];
}

const stalls = (call: CallName, nth: number, ms: number): CallFault => ({ call, nth, what: "stalls", ms });

/** Longer than the function may run: whatever is deployed meanwhile is what comes next. */
const pastLimitMs = 400_000;

/** After a put: when the mapping has read it. */
const readMsOf = ({ pollMs, windowSeconds }: Surroundings): number => pollMs + windowSeconds * 1_000;

/** A part is left open, and nobody can come back for it before the stream forgets its records. */
function drawLoss(world: Drawing): Step[] {
  const { random, surroundings } = world;
  // Down from the start, or once a part may be open.
  const [service, afterMs] = random.pick([["store", 0] as const, ["ledger", surroundings.pollMs + 1_000] as const]);
  const forMs = surroundings.retentionMs + random.below(3_600_000);
  const outage: Step = { kind: "outage", afterMs, service, forMs, hangMs: 100_000 };
  const over: Step = { kind: "lull", afterMs: forMs };
  return random.chance(0.5) ? [outage, ...drawPuts(world), over] : [...drawPuts(world), outage, over];
}

/**
 * A part is given up, for the stream has forgotten its records and they are in no file, and its first writer, who was
 * thought dead, commits it just then.
 */
function drawLateWriteOff(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const forMs = surroundings.retentionMs + 600_000;
  const sleepMs = forMs + 1_200_000;
  const stall = (fault: CallFault) => ({ faults: [fault], outlivesLimit: true });
  const readMs = readMsOf(surroundings) + 10_000;
  return [
    { kind: "faults", afterMs: drawDelay(world), ...stall(stalls("ledger.commit", 0, sleepMs)) },
    ...drawPuts(world),
    { kind: "outage", afterMs: readMs, service: "ledger", forMs, hangMs: 100_000 },
    { kind: "restart", afterMs: forMs - readMs, checkpoints: "kept", overlaps: false },
    // Longer than anybody may be at a promise.
    {
      kind: "recover",
      afterMs: readMs + random.between(200_000, 600_000),
      what: "write-off",
      ...stall(stalls("ledger.commit", 0, 1_800_000)),
    },
    { kind: "lull", afterMs: 1_800_000 },
  ];
}

/** A part is left open, nobody is let in to finish it, and on-call gives up what is lost: its records are all there. */
function drawEarlyWriteOff(world: Drawing): Step[] {
  const { random, surroundings } = world;
  return [
    {
      kind: "faults",
      afterMs: drawDelay(world),
      faults: [stalls("store.write", 0, pastLimitMs)],
      outlivesLimit: false,
    },
    ...drawPuts(world),
    { kind: "throttle", afterMs: readMsOf(surroundings) + random.below(5_000), invocations: random.between(20, 60) },
    { kind: "recover", afterMs: random.between(190_000, 240_000), what: "write-off", faults: [], outlivesLimit: false },
  ];
}

/** Records that Lambda gives up on one after the other, while nobody takes what it gives up. */
function drawGap(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const forMs = (surroundings.retries + 2) * 2 * surroundings.pollMs + random.between(60_000, 180_000);
  return [
    { kind: "outage", afterMs: drawDelay(world), service: "ledger", forMs, hangMs: 0 },
    { kind: "outage", afterMs: 0, service: "quarantine", forMs: 2 * forMs, hangMs: 0 },
    ...Array.from({ length: random.between(3, 8) }, () => drawPuts(world)).flat(),
    { kind: "lull", afterMs: forMs },
  ];
}

/** Code that can fold a record writes rows of it and runs out of time, and what is deployed then cannot. */
function drawUndecodable(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const name = drawName(random);
  const puts = drawPuts(world).map((step): Step => (step.kind === "put" ? { ...step, kills: name } : step));
  return [
    {
      kind: "faults",
      afterMs: drawDelay(world),
      faults: [stalls("store.write", random.below(2), pastLimitMs)],
      outlivesLimit: false,
    },
    ...puts,
    { kind: "deploy", afterMs: readMsOf(surroundings) + random.below(30_000), name, mixed: false },
    { kind: "lull", afterMs: 300_000 },
  ];
}

/**
 * A part that is taken over while its first writer sleeps, and wakes up in between; or one that is taken over twice, and of
 * the first time nothing but the promise is there.
 */
function drawTakeOver(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const deploy = (afterMs: number): Step => ({ kind: "deploy", afterMs, name: random.pick(metricNames), mixed: false });
  const faults = (fault: CallFault, outlivesLimit: boolean): Step => ({
    kind: "faults",
    afterMs: 0,
    faults: [fault],
    outlivesLimit,
  });
  const readMs = readMsOf(surroundings) + random.below(20_000);
  const lull: Step = { kind: "lull", afterMs: 300_000 };
  if (random.chance(0.5)) {
    const first = faults(stalls("ledger.commit", 0, 250_000), true);
    return [first, faults(stalls("ledger.commit", 0, pastLimitMs), false), ...drawPuts(world), deploy(readMs), lull];
  }
  // Requests are sent side by side: one metric's rows are written, and another's are not.
  const first = faults(stalls("store.write", random.below(2), pastLimitMs), false);
  const second = faults(stalls("store.write", 0, pastLimitMs), false);
  return [first, second, ...drawPuts(world), deploy(readMs), deploy(190_000), lull];
}

/** A split or a merge; or a batch that was given up comes again, while a part of a later shard is about to be opened. */
function drawReshard(world: Drawing): Step[] {
  const { random } = world;
  const afterMs = drawDelay(world);
  if (world.surroundings.retries >= 0 && random.chance(0.5)) return drawSealing(world);
  if (random.chance(0.4)) return drawReshards(random);
  const stall: CallFault = {
    call: "ledger.moveHead",
    nth: random.pick([0, 1, 1, 2]),
    what: "stalls",
    ms: random.pick([10_000, 40_000]),
  };
  const again: Step = { kind: "reinvoke", afterMs: random.below(15_000), which: random.next() };
  return random.chance(0.3) ? [again] : [{ kind: "faults", afterMs, faults: [stall], outlivesLimit: true }, again];
}

/**
 * A message that Lambda gave up on comes again in a child of its shard; and while the child's part has read what it sees of
 * its parent, and has not noted it, the batch that was given up is counted in the parent.
 */
function drawSealing(world: Drawing): Step[] {
  const { random, surroundings } = world;
  const { pollMs, retries, windowSeconds } = surroundings;
  const person = random.below(3);
  const first = drawEvent(world, person);
  const put = (event: PlannedEvent, afterMs: number): Step => ({
    kind: "put",
    afterMs,
    person,
    form: "lines",
    events: [event],
    skewMs: 0,
  });
  const fails: Step = {
    kind: "faults",
    afterMs: 0,
    faults: [{ call: "ledger.moveHead", nth: 0, what: "dies before", ms: 0 }],
    outlivesLimit: false,
  };
  const readMs = 2 * pollMs + windowSeconds * 1_000 + 5_000;
  const stall: CallFault = { call: "ledger.moveHead", nth: 1, what: "stalls", ms: readMs + 60_000 };
  return [
    ...Array.from({ length: retries + 1 }, () => fails),
    put(first, drawDelay(world)),
    { kind: "split", afterMs: readMs + random.below(120_000), shard: 0, person },
    put(drawEvent(world, person), 0),
    { kind: "faults", afterMs: readMs, faults: [stall], outlivesLimit: true },
    put(first, 0),
    // The last one that was given up.
    { kind: "reinvoke", afterMs: readMs, which: 0.999 },
  ];
}

const drawName = (random: Random): DeploymentName =>
  random.chance(0.75) ? random.pick(metricNames) : random.pick(settingNames);

function drawDeploy({ random }: Drawing, afterMs: number): Step {
  return { kind: "deploy", afterMs, name: drawName(random), mixed: random.chance(0.3) };
}

function drawOneFault(world: Drawing): Step {
  const { random, isLong } = world;
  const afterMs = drawDelay(world);
  const kind = random.next();
  if (kind < 0.45) return { kind: "faults", afterMs, ...drawFate(world) };
  if (kind < 0.5) {
    const fate = random.chance(0.6) ? drawFate(world, recoveryCalls) : { faults: [], outlivesLimit: false };
    if (random.chance(0.2)) return { kind: "audit", afterMs, rows: random.pick(["sample", "all"] as const) };
    if (random.chance(0.15)) return { kind: "skip", afterMs, shard: random.next(), record: random.next(), ...fate };
    return { kind: "recover", afterMs, what: random.pick(["sweep", "redrive", "gaps", "write-off"] as const), ...fate };
  }
  if (kind < 0.66) {
    return { kind: "redeliver", afterMs, shard: random.next(), from: random.next(), to: random.next() };
  }
  if (kind < 0.76) return drawDeploy(world, afterMs);
  if (kind < 0.83) {
    const checkpoints = random.pick(["kept", "back", "lost"] as const);
    return { kind: "restart", afterMs, checkpoints, overlaps: random.chance(0.3) };
  }
  if (kind < 0.86) return { kind: "throttle", afterMs, invocations: random.between(1, 4) };
  if (kind < 0.9) {
    const service = random.pick(["store", "ledger", "store", "ledger", "quarantine", "stream", "roll-up"] as const);
    const forMs = isLong ? random.between(30 * 60_000, 4 * 3_600_000) : random.between(1_000, 400_000);
    return { kind: "outage", afterMs, service, forMs, hangMs: Math.floor(forMs / random.between(3, 20)) };
  }
  if (kind < 0.96) return { kind: random.pick(["split", "merge"] as const), afterMs, shard: random.next() };
  if (kind < 0.98) return { kind: "reinvoke", afterMs, which: random.next() };
  return { kind: "lull", afterMs: isLong ? random.between(3_600_000, 4 * 3_600_000) : random.between(60_000, 600_000) };
}

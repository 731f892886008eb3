import { type Drawing, drawDelay, drawName } from "./drawing.ts";
import { longShop, type PlannedEvent, type Step } from "./plan.ts";
import type { Random } from "./random.ts";
import { refusedShop } from "./timestream-table.ts";

/** One record; or one of before, sent again as a whole. */
export function drawPuts(world: Drawing): Step[] {
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

/** Arrival times are not promised to grow. */
function drawSkew({ random, isLong }: Drawing): number {
  if (random.chance(0.7)) return 0;
  return isLong ? random.between(-240_000, 240_000) : random.between(-2_000, 2_000);
}

export function drawEvent(world: Drawing, person: number): PlannedEvent {
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

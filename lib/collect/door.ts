import type { Fields } from "../event/event.ts";
import { type CollectorNote, type Refused, type RefusedReason, refusedDetailMax } from "../event/refused.ts";
import { collectLimits, messageIdBytesMax, recordLimits } from "../limits.ts";
import type { TrackingPlan, Violation } from "../tracking-plan/tracking-plan.ts";
import { isDeeperThan } from "./depth.ts";
import { isFields } from "./fields.ts";
import type { Message } from "./message.ts";
import type { Privacy } from "./privacy.ts";
import type { Sender } from "./sender.ts";
import { type Arrival, stamped } from "./stamp.ts";

/** An event as it goes into the stream. */
export interface DoorEvent {
  readonly event: Fields;
  /** It goes there only to end in quarantine. */
  readonly refused?: RefusedReason;
  readonly breaksPlan: boolean;
}

export interface DoorRules {
  readonly plan: TrackingPlan | undefined;
  readonly privacy: Privacy;
}

/** An event on its way through the door, and what is against it already. */
interface Step {
  readonly event: Fields;
  readonly refused?: Refused;
}

const refusal = (reason: RefusedReason, detail: string): Refused => ({
  reason,
  detail: detail.slice(0, refusedDetailMax).toWellFormed(),
});

/**
 * The events of a request's messages, in order. One that breaks a rule is not left out but marked, so that what was
 * acknowledged is in the stream and the roll-up alone decides what becomes of it. Nothing goes in that the privacy rules
 * were not applied to: of what they cannot be applied to, only its kind does.
 */
export function throughTheDoor(
  messages: readonly Message[],
  sender: Sender,
  arrival: Arrival,
  { plan, privacy }: DoorRules,
): DoorEvent[] {
  const steps = messages.map((message) => enter(message, sender, arrival));
  const planned = steps.filter((step) => step.refused === undefined).map(({ event }) => event);
  const violations = plan?.checkAll(planned).values();
  return steps.map(({ event, refused }) => {
    if (refused !== undefined) return turnedAway(privacy(event), refused);
    return leave(privacy(event), plan?.mode, violations?.next().value ?? []);
  });
}

/** What can be said of a message before the plan is asked. */
function enter(message: Message, sender: Sender, arrival: Arrival): Step {
  const { value, problem } = message;
  const source = sender.sourceOf(message);
  const stamp = (fields: Fields): Fields => stamped(fields, message, source ?? sender.source, arrival);
  if (!isFields(value)) {
    const kind = Array.isArray(value) ? "a list" : value === null ? "null" : `a ${typeof value}`;
    return { event: stamp({}), refused: refusal("invalid", `expected a JSON object, got ${kind}`) };
  }
  if (isDeeperThan(value, collectLimits.levelsMax)) {
    const detail = `expected at most ${collectLimits.levelsMax} levels of objects and lists, got more`;
    return { event: remainsOf(stamp({ ...value, context: undefined })), refused: refusal("invalid", detail) };
  }
  if (problem !== undefined) return { event: stamp(value), refused: refusal("invalid", problem) };
  if (source === undefined) {
    return { event: stamp(value), refused: refusal("invalid", "writeKey: expected the key of a source, got another") };
  }
  return { event: stamp(value) };
}

/** An event that may be kept, with what the plan has against it. */
function leave(event: Fields, mode: TrackingPlan["mode"] | undefined, violations: readonly Violation[]): DoorEvent {
  const breaksPlan = violations.length > 0;
  const bytes = bytesOf(event);
  if (bytes > recordLimits.eventBytesMax) {
    const detail = `expected an event of at most ${recordLimits.eventBytesMax} bytes with all that is added, got ${bytes}`;
    return { ...turnedAway(event, refusal("too-large", detail)), breaksPlan };
  }
  if (!breaksPlan) return { event, breaksPlan };
  if (mode === "enforce") {
    return { ...turnedAway(event, refusal("plan", violations.map(described).join("; "))), breaksPlan };
  }
  const observed = noted(event, { violations });
  return { event: bytesOf(observed) <= recordLimits.eventBytesMax ? observed : event, breaksPlan };
}

/** A refused event: whole, or what remains of one that has no room in a record. */
function turnedAway(event: Fields, refused: Refused): DoorEvent {
  const whole = noted(event, { refused });
  const fits = bytesOf(whole) <= recordLimits.eventBytesMax;
  return { event: fits ? whole : noted(remainsOf(event), { refused }), refused: refused.reason, breaksPlan: false };
}

const noted = (event: Fields, millrace: CollectorNote): Fields => ({ ...event, millrace });

const described = ({ path, rule, expected }: Violation): string => `${path}: expected ${expected} (${rule})`;

const bytesOf = (event: Fields): number => Buffer.byteLength(JSON.stringify(event));

/** What of an event tells which it was. */
const remainingNames = ["type", "messageId", "event", "timestamp", "receivedAt", "source"] as const;

function remainsOf(event: Fields): Fields {
  const kept = remainingNames
    .map((name): [string, unknown] => [name, event[name]])
    .filter(([, value]) => typeof value === "string" && Buffer.byteLength(value) <= messageIdBytesMax);
  return Object.fromEntries(kept);
}

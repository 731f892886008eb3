import type { TrackingPlan } from "../config/tracking-plan/tracking-plan.ts";
import { collectLimits, messageIdBytesMax, recordLimits } from "../limits.ts";
import type { EventLine } from "../producer/event-line.ts";
import { type Fields, isFields } from "../stream/event/fields.ts";
import {
  type CollectorNote,
  type Refused,
  type RefusedReason,
  refusedDetailMax,
  type Violation,
  violationInWords,
} from "../stream/event/refused.ts";
import { isDeeperThan } from "./depth.ts";
import type { Message } from "./message.ts";
import type { Privacy } from "./privacy.ts";
import type { CollectRequest } from "./request.ts";
import { RequestRefused } from "./request-refused.ts";
import type { Sender } from "./sender.ts";
import { type Arrival, arrivalOf, stamped } from "./stamp.ts";
import type { WrittenEvent } from "./stream-sender.ts";
import { isHeavierThan } from "./weight.ts";

/** An event as it goes into the stream. */
export interface DoorEvent extends WrittenEvent {
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
  /** Whether the event is only what remains of the message. */
  readonly isCut?: true;
}

const refusal = (reason: RefusedReason, detail: string): Refused => ({
  reason,
  detail: detail.slice(0, refusedDetailMax).toWellFormed(),
});

/**
 * The events of a request's messages, in order. One that breaks a rule is not left out but marked, so that what was
 * acknowledged is in the stream and the roll-up alone decides what becomes of it. Nothing goes in that the privacy rules
 * were not applied to: of what they cannot be applied to, only its kind does. Throws RequestRefused where hashes make the
 * events of a request too large.
 */
export function throughTheDoor(
  messages: readonly Message[],
  sender: Sender,
  request: Pick<CollectRequest, "receivedMs" | "address">,
  { plan, privacy }: DoorRules,
): DoorEvent[] {
  const arrival = arrivalOf(request);
  const steps = messages.map((message) => enter(message, sender, arrival));
  const planned = steps.filter((step) => step.refused === undefined).map(({ event }) => event);
  const violations = plan?.checkAll(planned).values();
  let writtenBytes = 0;
  return steps.map(({ event, refused, isCut }) => {
    const kept = privacy(event);
    const written =
      refused === undefined
        ? leave(kept, plan?.mode, violations?.next().value ?? [])
        : turnedAway(kept, refused, isCut);
    writtenBytes += written.line.bytes;
    if (writtenBytes > collectLimits.writtenBytesMax) throw requestTooLarge();
    return written;
  });
}

const requestTooLarge = (): RequestRefused =>
  new RequestRefused(
    "TooLarge",
    `expected events that take at most ${collectLimits.writtenBytesMax} bytes in the stream, got more`,
  );

/** What can be said of a message before the plan is asked. */
function enter(message: Message, sender: Sender, arrival: Arrival): Step {
  const { value, problem } = message;
  const source = sender.sourceOf(message);
  const stamp = (fields: Fields): Fields => stamped(fields, message, source ?? sender.source, arrival);
  if (!isFields(value)) {
    const kind = Array.isArray(value) ? "a list" : value === null ? "null" : `a ${typeof value}`;
    return { event: stamp({}), refused: refusal("invalid", `expected a JSON object, got ${kind}`), isCut: true };
  }
  if (isDeeperThan(value, collectLimits.levelsMax)) {
    const detail = `expected at most ${collectLimits.levelsMax} levels of objects and lists, got more`;
    const event = remainsOf(stamp({ ...value, context: undefined }));
    return { event, refused: refusal("invalid", detail), isCut: true };
  }
  if (isHeavierThan(value, collectLimits.wholeEventBytesMax)) {
    const event = remainsOf(stamp({ ...value, context: undefined }));
    return { event, refused: tooLarge(`over ${collectLimits.wholeEventBytesMax}`), isCut: true };
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
  const line = lineOf(event);
  if (!fitsWhole(line)) return { ...cutDown(event, line), breaksPlan };
  // A record has room for it still, and the roll-up sees by itself that it is too large.
  if (!fits(line)) return { event, line, refused: "too-large", breaksPlan };
  if (!breaksPlan) return { event, line, breaksPlan };
  if (mode === "enforce") {
    return { ...turnedAway(event, refusal("plan", violations.map(violationInWords).join("; "))), breaksPlan };
  }
  const observed = written(noted(event, { violations }));
  return fits(observed.line) ? { ...observed, breaksPlan } : { event, line, breaksPlan };
}

/** A refused event, with the reason. Where that makes it too large, the roll-up says so instead. */
function turnedAway(event: Fields, refused: Refused, isCut?: true): DoorEvent {
  const whole = written(noted(event, { refused, ...(isCut ? { cut: true } : {}) }));
  if (!fitsWhole(whole.line)) return cutDown(event, whole.line);
  return { ...whole, refused: refused.reason, breaksPlan: false };
}

const tooLarge = (bytes: number | string): Refused =>
  refusal("too-large", `expected at most ${recordLimits.eventBytesMax} bytes, got ${bytes}`);

/** What remains of an event that no record has room for. */
const cutDown = (event: Fields, { bytes }: EventLine): DoorEvent => turnedAway(remainsOf(event), tooLarge(bytes), true);

const fitsWhole = ({ bytes }: EventLine): boolean => bytes <= collectLimits.wholeEventBytesMax;

/** Each event is written once: that takes as long as to read it. */
const written = (event: Fields): WrittenEvent => ({ event, line: lineOf(event) });

function lineOf(event: Fields): EventLine {
  const text = JSON.stringify(event);
  return { text, bytes: Buffer.byteLength(text) };
}

const fits = ({ bytes }: EventLine): boolean => bytes <= recordLimits.eventBytesMax;

const noted = (event: Fields, millrace: CollectorNote): Fields => ({ ...event, millrace });

/** What of an event tells which it was. */
const remainingNames = ["type", "messageId", "event", "timestamp", "receivedAt", "source"] as const;

function remainsOf(event: Fields): Fields {
  const kept = remainingNames
    .map((name): [string, unknown] => [name, event[name]])
    .filter(([, value]) => typeof value === "string" && Buffer.byteLength(value) <= messageIdBytesMax);
  return Object.fromEntries(kept);
}

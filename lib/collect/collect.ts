import { isFields } from "../stream/event/fields.ts";
import type { RefusedReason } from "../stream/event/refused.ts";
import { type Answer, delivered, refusalAnswer } from "./answer.ts";
import { jsonBody } from "./body.ts";
import { type Call, callNames, callOf } from "./calls.ts";
import { cloudEventMessages } from "./cloud-event.ts";
import { type DoorEvent, type DoorRules, throughTheDoor } from "./door.ts";
import { batchMessages, type Message, singleMessage } from "./message.ts";
import { checkOrigin, originHeaders } from "./origin.ts";
import type { CollectRequest } from "./request.ts";
import { type Refusal, RequestRefused } from "./request-refused.ts";
import { senderOf } from "./sender.ts";
import type { SettingsPorts } from "./settings-request.ts";
import type { SendEvents } from "./stream-sender.ts";

/** What the collector works with. */
export interface CollectPorts extends Pick<DoorRules, "plan">, SettingsPorts {
  /** The privacy rules as they are now. Rejects with RequestRefused where nothing may be kept at the moment. */
  readonly privacy: () => Promise<DoorRules["privacy"]>;
  readonly send: SendEvents;
}

/** What became of a request: events that were acknowledged, by what will become of them, or why none was. */
export interface Collected {
  readonly answer: Answer;
  readonly accepted: number;
  readonly refused: Partial<Record<RefusedReason, number>>;
  /** Events that break the plan, refused or not. */
  readonly planViolations: number;
  readonly refusal?: Refusal;
  /** Why the request was refused, for the log; it may hold something of the request where it is no RequestRefused. */
  readonly cause?: unknown;
}

const names = callNames.join(", ");
const nothing = { accepted: 0, refused: {}, planViolations: 0 } as const;

/**
 * Takes in a request with events. It is acknowledged when the stream has all of them, and not before: then each is
 * counted or in quarantine, and one bad event does no harm to the others. Rejects only for what is a bug.
 */
export async function collect(request: CollectRequest, ports: CollectPorts): Promise<Collected> {
  const headers = originHeaders(request.headers.origin, ports.sources);
  const collected = await collectOrRefuse(request, ports);
  return { ...collected, answer: withHeaders(collected.answer, headers) };
}

const withHeaders = (answer: Answer, headers: Readonly<Record<string, string>>): Answer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
});

async function collectOrRefuse(request: CollectRequest, ports: CollectPorts): Promise<Collected> {
  try {
    const call = callOf(request.call);
    if (call === undefined) {
      throw new RequestRefused("UnknownPath", `path: expected POST /v1/ and one of ${names}, got another`);
    }
    if (call.kind === "metrics") return { ...nothing, answer: delivered };
    const events = await eventsOf(request, call, ports);
    if (events.length > 0) await ports.send(events);
    return { ...counted(events), answer: delivered };
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    const { refusal, cause } = error;
    return { ...nothing, answer: refusalAnswer(error, Math.random), refusal, cause };
  }
}

async function eventsOf(
  request: CollectRequest,
  call: Exclude<Call, { kind: "metrics" }>,
  { writeKeys, plan, privacy }: CollectPorts,
): Promise<DoorEvent[]> {
  const { messages, bodyKey } = messagesOf(request, call);
  const sender = await senderOf(request, bodyKey, messages, writeKeys);
  const sources = messages.map(sender.sourceOf).filter((source) => source !== undefined);
  checkOrigin(request.headers.origin, new Set([sender.source, ...sources]));
  return throughTheDoor(messages, sender, request, { plan, privacy: await privacy() });
}

function messagesOf(
  request: CollectRequest,
  call: Exclude<Call, { kind: "metrics" }>,
): { messages: readonly Message[]; bodyKey?: unknown } {
  if (call.kind === "cloudevents") return { messages: cloudEventMessages(request) };
  const body = jsonBody(request.body);
  const bodyKey = isFields(body) ? body.writeKey : undefined;
  if (call.kind === "message") return { messages: singleMessage(call.type, body), bodyKey };
  return { messages: batchMessages(body), bodyKey };
}

function counted(events: readonly DoorEvent[]): Pick<Collected, "accepted" | "refused" | "planViolations"> {
  const refused: Partial<Record<RefusedReason, number>> = {};
  for (const { refused: reason } of events) {
    if (reason !== undefined) refused[reason] = (refused[reason] ?? 0) + 1;
  }
  return {
    accepted: events.filter((event) => event.refused === undefined).length,
    refused,
    planViolations: events.filter(({ breaksPlan }) => breaksPlan).length,
  };
}

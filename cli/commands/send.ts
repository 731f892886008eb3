import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings } from "../../lib/aws.ts";
import { names } from "../../lib/names.ts";
import { Producer } from "../../lib/producer/producer.ts";
import { readEvent } from "../../lib/stream/event/event.ts";
import { parseJsonToWrite } from "../../lib/stream/event/json.ts";
import { chooseEndpoint, endpointOptions } from "../endpoint.ts";
import { UsageError } from "../usage-error.ts";

export const sendUsage = `millrace send [EVENT | -] [--aws]
  Sends one event. EVENT is a message of the Segment spec as JSON, or the name of a track event; "-" reads it from
  standard input. Without EVENT a page view is sent. messageId, anonymousId and timestamp are filled in where missing.`;

/** `millrace send`: one event through the same producer that everything else uses. */
export async function send(parameters: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    options: endpointOptions,
    allowPositionals: true,
  });
  if (positionals.length > 1) throw new UsageError(`Expected one event, got ${positionals.length}. Put JSON in quotes`);
  chooseEndpoint(values);
  const [given] = positionals;
  const message = messageOf(given === "-" ? (await text(process.stdin)).trim() : given);
  const event = { messageId: randomUUID(), timestamp: new Date().toISOString(), ...message };
  const read = readEvent(JSON.stringify(event), Date.now());
  if ("reason" in read) throw new UsageError(`This would go to quarantine: ${read.detail}`);
  const person = "userId" in event || "anonymousId" in event ? {} : { anonymousId: "millrace-cli" };
  const client = new KinesisClient({ ...clientSettings(), maxAttempts: 1 });
  const producer = new Producer({ client, streamName: names.stream, lingerMs: 0, backoff: { attemptsMax: 3 } });
  await producer.send({ ...person, ...event });
  await producer.close();
  client.destroy();
  process.stdout.write(`Sent ${JSON.stringify({ ...person, ...event })}\n`);
}

function messageOf(given: string | undefined): Record<string, unknown> {
  if (given === undefined) return { type: "page", name: "/", context: { page: { path: "/" } } };
  if (!given.startsWith("{")) return { type: "track", event: given };
  try {
    return parseJsonToWrite(given) as Record<string, unknown>;
  } catch (cause) {
    throw new UsageError(`Expected a JSON object or the name of an event, got ${given.slice(0, 80)}`, { cause });
  }
}

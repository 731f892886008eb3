import { parseArgs } from "node:util";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings } from "../../lib/aws/client-settings.ts";
import { systemClock } from "../../lib/clock.ts";
import { names } from "../../lib/names.ts";
import { Producer } from "../../lib/producer/producer.ts";
import { chooseEndpoint, endpointOptions } from "../endpoint.ts";
import { Progress } from "../replay/progress.ts";
import type { BadRow } from "../replay/recorded-event.ts";
import { mappingNames, openRecording } from "../replay/recording.ts";
import { replay } from "../replay/replay.ts";
import { runOf, type Stamp } from "../replay/stamp.ts";
import { shiftTo, surveyOf } from "../replay/survey.ts";
import { UsageError } from "../usage-error.ts";

export const replayUsage = `millrace replay FILE [--mapping ${mappingNames.join("|")}] [--shift-to-now] [--speed N|max] [--run ID]
    [--strict] [--aws]
  Sends a recorded CSV or JSON-lines file (.gz too) as events. --shift-to-now: the recording ends now, its spacing kept.
  --speed: times as fast as it happened, default 1. The same replay again repeats its message ids; --run makes new ones.`;

/** Bad rows that are shown; the rest are counted. */
const badRowsShown = 5;

/** `millrace replay`. */
export async function replayFile(parameters: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    options: {
      ...endpointOptions,
      mapping: { type: "string" },
      "shift-to-now": { type: "boolean", default: false },
      speed: { type: "string", default: "1" },
      strict: { type: "boolean", default: false },
      run: { type: "string" },
    },
    allowPositionals: true,
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError(`Expected one FILE, got ${positionals.length}`);
  const speed = speedOf(values.speed);
  chooseEndpoint(values);

  const badRows = new BadRows();
  const options = {
    strict: values.strict,
    onBadRow: (row: BadRow) => badRows.add(row),
    ...(values.mapping === undefined ? {} : { mapping: values.mapping }),
  };
  const survey = await surveyOf(file, { ...options, onBadRow: () => {} });
  const shiftMs = values["shift-to-now"] ? shiftTo(Date.now(), survey) : 0;
  const stamp: Stamp = { shiftMs, run: runOf(shiftMs, values.run) };
  if (shiftMs !== 0) process.stderr.write(`Shifted by ${shiftMs} ms, which is ${shiftMs / 60_000} minutes\n`);

  const recording = await openRecording(file, options);
  const client = new KinesisClient({ ...clientSettings(), maxAttempts: 1 });
  const producer = new Producer({ client, streamName: names.stream });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const progress = new Progress(process.stderr, systemClock);
  try {
    const onRefused = (messageId: string, reason: string): void => badRows.refuse(messageId, reason);
    const result = await replay({
      recording,
      producer,
      speed,
      clock: systemClock,
      stamp,
      survey,
      progress,
      onRefused,
      signal: stop.signal,
    });
    await producer.close();
    badRows.report();
    const rate = Math.round(result.events / (result.elapsedMs / 1_000));
    process.stdout.write(`${result.stopped ? "Stopped after" : "Sent"} ${result.events} events, ${rate} a second\n`);
  } finally {
    client.destroy();
  }
}

function speedOf(text: string): number | "max" {
  if (text === "max") return text;
  const speed = Number(text);
  if (speed > 0 && Number.isFinite(speed)) return speed;
  throw new UsageError(`Expected --speed to be a positive number or "max", got ${text}`);
}

/** Rows that are no events: shown at first, then counted. */
class BadRows {
  #count = 0;

  add({ line, reason }: BadRow): void {
    this.#show(`Line ${line}: ${reason}`);
  }

  refuse(messageId: string, reason: string): void {
    this.#show(`${messageId}: ${reason}`);
  }

  report(): void {
    if (this.#count > 0) process.stderr.write(`${this.#count} rows were left out\n`);
  }

  #show(text: string): void {
    this.#count++;
    if (this.#count <= badRowsShown) process.stderr.write(`${text}\n`);
  }
}

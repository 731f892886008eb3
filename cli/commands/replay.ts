import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings, isUnavailable } from "../../lib/aws.ts";
import { systemClock } from "../../lib/clock.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { configFile, loadConfig } from "../../lib/config/load.ts";
import { names } from "../../lib/names.ts";
import { Producer } from "../../lib/producer/producer.ts";
import { KinesisStream } from "../../lib/stream/kinesis.ts";
import { chooseEndpoint, endpointOptions, notAnswering } from "../endpoint.ts";
import { Outlook } from "../recording/outlook.ts";
import { Progress } from "../recording/progress.ts";
import type { BadRow } from "../recording/recorded-event.ts";
import { mappingNames, openRecording, type RecordingOptions } from "../recording/recording.ts";
import { type ReplayResult, replay } from "../recording/replay.ts";
import { runOf, type Stamp } from "../recording/stamp.ts";
import { shiftTo, surveyOf } from "../recording/survey.ts";
import { mapOptions, readTableMap } from "../recording/table-map.ts";
import { UsageError } from "../usage-error.ts";

export const replayUsage = `millrace replay FILE [--mapping ${mappingNames.join("|")}] [--shift-to-now] [--speed N|max] [--run ID]
    [--strict] [--config FILE] [--aws]
    [--map FILE] [--time COLUMN] [--time-format FORMAT] [--zone ZONE] [--event COLUMN | --event-name NAME]
    [--person COLUMN] [--revenue COLUMN] [--number COLUMN]... [--decimal .|,] [--delimiter CHARACTER] [--encoding NAME]
  Sends a recorded CSV or JSON-lines file (.gz too) as events. --shift-to-now: the recording ends now, its spacing kept.
  --speed: times as fast as it happened, default 1. The same replay again repeats its message ids; --run makes new ones.
  --map or the flags below it say what the columns of any other table are; delimiter, encoding, decimal sign and the time's
  format are guessed where nobody says them. Says how many events count, by the metrics of --config; exit code 1 where none.`;

/** Bad rows that are shown; the rest are counted. */
const badRowsShown = 5;
/** As a shell has it for what Ctrl-C ended. */
const interruptedCode = 130;

const options = {
  ...endpointOptions,
  ...mapOptions,
  mapping: { type: "string" },
  "shift-to-now": { type: "boolean", default: false },
  speed: { type: "string", default: "1" },
  strict: { type: "boolean", default: false },
  run: { type: "string" },
  config: { type: "string" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

/** `millrace replay`. */
export async function replayFile(parameters: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...parameters], options, allowPositionals: true });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError(`Expected one FILE, got ${positionals.length}`);
  const speed = speedOf(values.speed);
  const read = await readingOptions(values);
  chooseEndpoint(values);
  const interrupt = (): never => process.exit(interruptedCode);
  process.once("SIGINT", interrupt);

  const outlook = new Outlook(definitionsOf(await loadConfig(configFile(values.config))));
  const badRows = new BadRows();
  const recording = await openRecording(file, { ...read, onBadRow: (row) => badRows.add(row) });
  const { guesses } = recording.reading;
  if (guesses.length > 0) process.stderr.write(`Guessed: ${guesses.join(", ")}\n`);
  const client = new KinesisClient({ ...clientSettings(), maxAttempts: 1 });
  try {
    await checkStream(client);
    const survey = await surveyOf(file, read);
    const stamp = stampOf(values, survey);
    const stop = new AbortController();
    process.off("SIGINT", interrupt).once("SIGINT", () => stop.abort());
    const producer = new Producer({ client, streamName: names.stream });
    const result = await replay({
      recording,
      producer,
      speed,
      clock: systemClock,
      stamp,
      survey,
      outlook,
      progress: new Progress(process.stderr, systemClock),
      onRefused: (messageId, reason) => badRows.refuse(messageId, reason),
      signal: stop.signal,
    });
    await producer.close();
    badRows.report();
    report(result, outlook);
  } finally {
    client.destroy();
  }
}

/**
 * Before a long file is read: throws if nothing answers or there is no stream. A stream that is down for a moment may come
 * back, and the producer waits for it.
 */
async function checkStream(client: KinesisClient): Promise<void> {
  try {
    await new KinesisStream(client, names.stream).shardIds();
  } catch (error) {
    if (notAnswering(error) !== undefined || !isUnavailable(error)) throw error;
  }
}

/** What the command line says of the file: a map may be a file itself. */
async function readingOptions(values: Values): Promise<RecordingOptions> {
  const { map, form } = readTableMap(values.map === undefined ? {} : await mapFile(values.map), values);
  if (map !== undefined && values.mapping !== undefined)
    throw new UsageError("Expected either --mapping or a map of columns, got both");
  return {
    strict: values.strict,
    form,
    ...(map === undefined ? {} : { map }),
    ...(values.mapping === undefined ? {} : { mapping: values.mapping }),
  };
}

async function mapFile(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Expected --map to be a file, got ${file}: ${cause instanceof Error ? cause.message : cause}`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`Expected JSON in ${file}, got ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function stampOf(values: Values, survey: { readonly lastMs: number }): Stamp {
  const shiftMs = values["shift-to-now"] ? shiftTo(Date.now(), survey) : 0;
  if (shiftMs !== 0) process.stderr.write(`Shifted by ${shiftMs} ms, which is ${shiftMs / 60_000} minutes\n`);
  return { shiftMs, run: runOf(shiftMs, values.run) };
}

function report({ events, elapsedMs, stopped }: ReplayResult, outlook: Outlook): void {
  const rate = Math.round(events / (Math.max(1, elapsedMs) / 1_000));
  const done = stopped ? "Stopped after" : "Sent";
  process.stdout.write(`${done} ${events} events, ${rate} a second: ${outlook.summary}\n`);
  for (const line of outlook.reasons) process.stderr.write(`${line}\n`);
  if (stopped) process.exitCode = interruptedCode;
  else if (outlook.counted === 0) process.exitCode = 1;
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

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../lib/config/load.ts";
import { environmentNames, names } from "../../lib/names.ts";
import { readQuarantineQuestion } from "../../lib/query/quarantine/question.ts";
import type { Fields } from "../../lib/stream/event/fields.ts";
import { parseJsonToWrite } from "../../lib/stream/event/json.ts";
import { chooseEndpoint, endpointOptions } from "../endpoint.ts";
import { checkFormat, formatOption, printReport } from "../format.ts";
import { valuesOfOptions } from "../option-values.ts";
import { askEntry, askQuarantine } from "../quarantine-api.ts";
import { listText, placeText, replayText } from "../quarantine-text.ts";
import { terminalText } from "../terminal-line.ts";
import { UsageError } from "../usage-error.ts";

export const quarantineUsage = `millrace quarantine list [--where reason|event|source=VALUE]... [--from -1d] [--to now] [--limit 50]
    [--next POSITION] [--format table|json] [--aws]
  Events that could not be counted, the newest first, and how many by reason, event and source.
millrace quarantine show ID [--format table|json] [--aws]
  Writes the event as it was sent, and where it is in the stream (to standard error).
millrace quarantine replay [ID... | --where ...] [--from -1d] [--to now] [--patch FILE] [--limit 10000] [--dry-run]
    [--config FILE] [--format table|json] [--aws]
  Sends events into the stream again, each message once, however often you do it. --patch: a JSON Merge Patch (RFC 7396)
  for each of them. What would be refused again is not sent. --dry-run: says what would be added, and changes nothing.`;

const options = {
  ...endpointOptions,
  where: { type: "string", multiple: true },
  from: { type: "string" },
  to: { type: "string" },
  limit: { type: "string" },
  next: { type: "string" },
  patch: { type: "string" },
  config: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  ...formatOption,
} as const;

const parsed = (parameters: readonly string[]) =>
  parseArgs({ args: valuesOfOptions(parameters), options, allowPositionals: true });
type Values = ReturnType<typeof parsed>["values"];

const commands: Readonly<Record<string, (values: Values, ids: readonly string[]) => Promise<void>>> = {
  list: listEvents,
  show: showEvent,
  replay: replayEvents,
};
const optionsOf: Readonly<Record<string, readonly (keyof Values)[]>> = {
  list: ["where", "from", "to", "limit", "next"],
  show: [],
  replay: ["where", "from", "to", "limit", "patch", "config", "dry-run"],
};
const common: readonly (keyof Values)[] = ["aws", "format"];

/** `millrace quarantine`. */
export async function runQuarantine(parameters: readonly string[]): Promise<void> {
  const { values, positionals } = parsed(parameters);
  const [name = "none", ...ids] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`Expected one of ${Object.keys(commands).join(", ")}, got ${name}`);
  const known = [...common, ...(optionsOf[name] ?? [])];
  for (const [option, value] of Object.entries(values)) {
    if (value !== false && !known.includes(option as keyof Values)) {
      throw new UsageError(`Expected no --${option} with quarantine ${name}`);
    }
  }
  checkFormat(values.format);
  chooseEndpoint(values);
  await command(values, ids);
}

/** The question of the HTTP API, checked here: what is wrong is said before anything is asked. */
function questionOf({ where = [], from, to, limit, next }: Values): URLSearchParams {
  const question = new URLSearchParams();
  const given = { from, to, limit, next };
  for (const [field, value] of Object.entries(given)) if (value !== undefined) question.set(field, value);
  for (const condition of where) {
    const [, field, value] = /^(reason|event|source)=(.*)$/s.exec(condition) ?? [];
    if (field === undefined || value === undefined) {
      throw new UsageError(`Expected --where reason=VALUE, event=VALUE or source=VALUE, got ${condition.slice(0, 80)}`);
    }
    question.append(field, value);
  }
  readQuarantineQuestion(question, Date.now());
  return question;
}

async function listEvents(values: Values, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) throw new UsageError(`Expected --where to choose events, got ${ids[0]}`);
  const answer = await askQuarantine(questionOf(values));
  printReport(values.format, answer, listText);
}

async function showEvent({ format }: Values, ids: readonly string[]): Promise<void> {
  const [id, ...others] = ids;
  if (id === undefined || others.length > 0) throw new UsageError(`Expected one ID, got ${ids.length}`);
  const entry = await askEntry(id);
  if (format === "json") {
    process.stdout.write(`${JSON.stringify(entry, null, 2)}\n`);
    return;
  }
  process.stderr.write(placeText(entry));
  // The record's own bytes where the event has none that can be told apart.
  const bytes = entry.text ?? Buffer.from(entry.record, "base64");
  // To the byte, but for a terminal, which would obey some of them.
  process.stdout.write(process.stdout.isTTY ? `${terminalText(bytes.toString())}\n` : bytes);
}

const replayedMax = 100_000;

async function replayEvents(values: Values, ids: readonly string[]): Promise<void> {
  const limit = limitOf(values.limit ?? "10000");
  const { limit: _, ...chosen } = values;
  if (ids.length > 0 && (chosen.where !== undefined || chosen.from !== undefined || chosen.to !== undefined)) {
    throw new UsageError("Expected IDs or --where, --from and --to, got both");
  }
  if (ids.length === 0 && chosen.where === undefined) {
    throw new UsageError("Expected IDs, or --where reason=..., event=... or source=... to choose events, got neither");
  }
  const filter = readQuarantineQuestion(questionOf(chosen), Date.now());
  const patch = values.patch === undefined ? undefined : await readPatch(values.patch);
  const config = await loadConfig(configFile(values.config));
  // Loaded here: the other commands ask the query function, and need nothing of it.
  const { replayNow } = await import("../quarantine-replay.ts");
  const bucket =
    process.env[environmentNames.bucket] || (await askQuarantine(new URLSearchParams("limit=0&from=-1m"))).bucket;
  const place = { stream: names.stream, ledger: names.ledger, bucket };
  const report = await replayNow(place, config, {
    filter,
    ids,
    limit,
    dryRun: values["dry-run"],
    ...(patch === undefined ? {} : { patch }),
  });
  printReport(values.format, report, replayText);
  if (report.outcomes["in-doubt"] > 0) process.exitCode = 1;
}

function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= replayedMax) return limit;
  throw new UsageError(`Expected --limit to be a whole number from 1 to ${replayedMax}, got ${text.slice(0, 20)}`);
}

async function readPatch(file: string): Promise<Fields> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UsageError(`Expected a patch in ${file}, got none: ${cause instanceof Error ? cause.message : cause}`);
  });
  try {
    const patch: unknown = parseJsonToWrite(text);
    if (typeof patch === "object" && patch !== null && !Array.isArray(patch)) return patch as Fields;
  } catch {
    // As below.
  }
  throw new UsageError(`Expected ${file} to be a JSON object, a merge patch as in RFC 7396, got something else`);
}

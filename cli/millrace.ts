#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { ConfigError } from "../lib/config/error.ts";
import { QuestionProblem } from "../lib/query/url-question.ts";
import { notAnswering, notSetUp } from "./endpoint.ts";
import { UsageError } from "./usage-error.ts";

interface Command {
  readonly run: (parameters: readonly string[]) => Promise<void>;
  readonly usage: string;
}

// Loaded when asked for: each brings its own SDK.
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  replay: async () => {
    const { replayFile, replayUsage } = await import("./commands/replay.ts");
    return { run: replayFile, usage: replayUsage };
  },
  query: async () => {
    const { query, queryUsage } = await import("./commands/query.ts");
    return { run: query, usage: queryUsage };
  },
  send: async () => {
    const { send, sendUsage } = await import("./commands/send.ts");
    return { run: send, usage: sendUsage };
  },
  sweep: async () => {
    const { runSweep, sweepUsage } = await import("./commands/sweep.ts");
    return { run: runSweep, usage: sweepUsage };
  },
  redrive: async () => {
    const { runRedrive, redriveUsage } = await import("./commands/redrive.ts");
    return { run: runRedrive, usage: redriveUsage };
  },
  why: async () => {
    const { runWhy, whyUsage } = await import("./commands/why.ts");
    return { run: runWhy, usage: whyUsage };
  },
  audit: async () => {
    const { auditUsage, runAudit } = await import("./commands/audit.ts");
    return { run: runAudit, usage: auditUsage };
  },
  quarantine: async () => {
    const { quarantineUsage, runQuarantine } = await import("./commands/quarantine.ts");
    return { run: runQuarantine, usage: quarantineUsage };
  },
  gaps: async () => {
    const { runGaps, gapsUsage } = await import("./commands/gaps.ts");
    return { run: runGaps, usage: gapsUsage };
  },
  skip: async () => {
    const { runSkip, skipUsage } = await import("./commands/skip.ts");
    return { run: runSkip, usage: skipUsage };
  },
  rehearse: async () => {
    const { rehearse, rehearseUsage } = await import("./commands/rehearse.ts");
    return { run: rehearse, usage: rehearseUsage };
  },
};

async function help(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  const usages = all.map(({ usage }) => usage).join("\n\n");
  return `${usages}\n\nTalks to AWS_ENDPOINT_URL, to the laptop where it is not set, to AWS itself with --aws.
-h or --help behind a command shows what it takes; --version says which Millrace this is.\n`;
}

function version(): string {
  const file = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** What went wrong, in words for a person, and the exit code: 2 for how the command was called, 1 for the rest. */
function failure(error: unknown): [message: string, exitCode: 1 | 2] {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const usage = error instanceof UsageError || error instanceof QuestionProblem || code.startsWith("ERR_PARSE_ARGS");
  if (usage) return [message, 2];
  if (error instanceof ConfigError) return [message, 1];
  return [notAnswering(error) ?? notSetUp(message) ?? message, 1];
}

// The reader of the pipe, such as `head`, may have had enough.
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

const isHelp = (word: string): boolean => word === "--help" || word === "-h";

const [, , name = "help", ...parameters] = process.argv;
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
try {
  if (command !== undefined) {
    const { run, usage } = await command();
    if (parameters.some(isHelp)) process.stdout.write(`${usage}\n`);
    else await run(parameters);
  } else if (name === "--version") {
    process.stdout.write(`millrace ${version()}\n`);
  } else if (name === "help" || isHelp(name)) {
    process.stdout.write(await help());
  } else {
    throw new UsageError(`Expected one of ${Object.keys(commands).join(", ")}, help, got ${name}`);
  }
} catch (error) {
  const [message, exitCode] = failure(error);
  process.stderr.write(`millrace ${name}: ${message}\n`);
  process.exitCode = exitCode;
}

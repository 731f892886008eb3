import { parseArgs } from "node:util";
import { LambdaFunctions } from "../../lib/invoke.ts";
import { names } from "../../lib/names.ts";
import { joinedAnswers, type WhyAnswer } from "../../lib/query/why/answer.ts";
import type { Copy } from "../../lib/query/why/copy.ts";
import { readWhyQuestion } from "../../lib/query/why/question.ts";
import { placeInWords } from "../../lib/query/why/sentences.ts";
import { said } from "../../lib/recovery/isolate/roll-up-function.ts";
import { queryRoutes } from "../../lib/routes.ts";
import { chooseEndpoint, endpointOptions } from "../endpoint.ts";
import { checkFormat, formatOption, printReport } from "../format.ts";
import { valuesOfOptions } from "../option-values.ts";
import { terminalLine } from "../terminal-line.ts";
import { UsageError } from "../usage-error.ts";

export const whyUsage = `millrace why MESSAGE_ID [--source NAME] [--from -24h] [--to now] [--format table|json] [--aws]
  Says what became of the events with this messageId that arrived in the range, or are not counted yet: when they were
  accepted and by whom, in which metrics they count, or why not. An id counts within its source: --source names one
  that is not in the configuration, or "" for events that name none. --from: at most 89 days ago. Exit code 1 where it is
  not found, or not known.`;

const options = {
  ...endpointOptions,
  source: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  ...formatOption,
} as const;

/** Requests for one answer: a few hundred million events. */
const requestsMax = 500;

/** `millrace why`: asks the query function, which has the rights and the definitions, until the answer is complete. */
export async function runWhy(parameters: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: valuesOfOptions(parameters), options, allowPositionals: true });
  const [messageId = "", ...others] = positionals;
  if (messageId === "" || others.length > 0) {
    throw new UsageError(`Expected one MESSAGE_ID, got ${positionals.join(" ") || "none"}`);
  }
  const asked = new URLSearchParams();
  for (const field of ["from", "to", "source"] as const) {
    const value = values[field];
    if (value !== undefined) asked.set(field, value);
  }
  // Read here too: what is wrong with it is said at once, and all requests are about the same range.
  const { fromMs, toMs, source } = readWhyQuestion(messageId, asked, Date.now());
  const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  const fields = source === undefined ? range : { ...range, source };
  checkFormat(values.format);
  chooseEndpoint(values);
  const answer = await wholeAnswer(messageId, fields);
  printReport(values.format, answer, whyText);
  if (!isKnown(answer)) process.exitCode = 1;
}

async function wholeAnswer(messageId: string, fields: Readonly<Record<string, string>>): Promise<WhyAnswer> {
  const functions = LambdaFunctions.connect();
  let whole: WhyAnswer | undefined;
  let next: string | undefined;
  for (let requests = 0; requests < requestsMax; requests++) {
    const query = new URLSearchParams({ ...fields, ...(next === undefined ? {} : { next }) });
    const answer = await answerOf(functions, messageId, query);
    whole = whole === undefined ? answer : joinedAnswers(whole, answer);
    next = answer.next;
    if (next === undefined) return whole;
    process.stderr.write(`\r${whole.looked.parts} parts looked at, ${whole.copies.length} copies found `);
  }
  throw new Error(`Expected a complete answer within ${requestsMax} requests, got none: ask for a shorter range`);
}

/** As API Gateway would ask; an id may have any characters, which a path may not. */
async function answerOf(functions: LambdaFunctions, messageId: string, query: URLSearchParams): Promise<WhyAnswer> {
  const event = {
    routeKey: queryRoutes.why,
    rawQueryString: String(query),
    pathParameters: { messageId },
    headers: {},
  };
  const outcome = await functions.invoke(names.query, event);
  if (outcome.kind !== "done") throw new Error(`Expected an answer of ${names.query}, got ${said(outcome)}`);
  const { statusCode, body = "" } = outcome.answer as { statusCode?: number; body?: string };
  if (statusCode !== 200) throw new Error(`Expected an answer of ${names.query}, got ${statusCode}: ${body}`);
  return JSON.parse(body) as WhyAnswer;
}

const isKnown = ({ copies }: WhyAnswer): boolean =>
  copies.length > 0 && copies.every(({ fate }) => fate.kind !== "unknown");

/** The answer for a person: each sentence, and what it rests on. */
export function whyText({ messageId, copies, says, notLooked }: WhyAnswer): string {
  const lines = [`${messageId}`];
  for (const { text, restsOn } of says) lines.push(...sentence("", text, restsOn));
  for (const [place, copy] of copies.entries()) {
    lines.push("", `${place + 1}. ${titleOf(copy)}`);
    for (const { text, restsOn } of copy.says) lines.push(...sentence("   ", text, restsOn));
  }
  if (notLooked.length > 0) lines.push("", "Not looked into:", ...notLooked.map((text) => `  ${text}`));
  return `${lines.map(terminalLine).join("\n")}\n`;
}

const sentence = (indent: string, text: string, restsOn: string): string[] => [
  `${indent}${text}`,
  `${indent}  (${restsOn})`,
];

const fateNames: Record<Copy["fate"]["kind"], string> = {
  counted: "counted",
  "counted-somewhere": "counted, its record is gone",
  duplicate: "duplicate",
  late: "late",
  quarantined: "in quarantine",
  open: "being counted",
  waiting: "not counted yet",
  "given-up": "given up by Lambda",
  unknown: "unknown",
};

function titleOf(copy: Copy): string {
  const { event, fate, source } = copy;
  const what = event === null ? "an event" : [event.type, JSON.stringify(event.name)].join(" ");
  const of = source === null || source === "" ? "" : ` of source ${JSON.stringify(source)}`;
  return `${fateNames[fate.kind].toUpperCase()}: ${what}${of}, ${placeInWords(copy)}`;
}

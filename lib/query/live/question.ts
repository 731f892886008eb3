import { notOneOf, QuestionProblem } from "../url-question.ts";

/** What of the events as they come is asked for. Texts are parts of the event's own, in any case; "" for any. */
export interface LiveQuestion {
  readonly name: string;
  readonly user: string;
  readonly source: string;
  /** By shard, the sequence number behind which to begin; empty for all that is at hand. */
  readonly after: ReadonlyMap<string, string>;
}

const fields = ["after", "name", "user", "source"] as const;
const charactersMax = 200;
const cursorCharactersMax = 8_000;

/** Reads the question of a URL. Throws QuestionProblem. */
export function readLiveQuestion(parameters: URLSearchParams): LiveQuestion {
  for (const [field, value] of parameters) {
    if (!(fields as readonly string[]).includes(field)) throw notOneOf("query", fields, field);
    if (parameters.getAll(field).length > 1)
      throw new QuestionProblem(400, field, "expected it once, got it more often");
    const max = field === "after" ? cursorCharactersMax : charactersMax;
    if (value.length > max) throw new QuestionProblem(400, field, `expected at most ${max} characters`);
  }
  const text = (field: string): string => (parameters.get(field) ?? "").toLowerCase();
  return { name: text("name"), user: text("user"), source: text("source"), after: readCursor(parameters.get("after")) };
}

/** Short for "shardId-000000000003": one that Kinesis names in another way stands as it is. */
const shardStart = "shardId-";

/** Sequence numbers by shard as one text that a URL takes as it is. */
export const cursorText = (places: ReadonlyMap<string, string>): string =>
  [...places]
    .map(([shardId, number]) => `${shardId.slice(shardStart.length)}.${BigInt(number).toString(36)}`)
    .join("~");

function readCursor(text: string | null): Map<string, string> {
  const places = new Map<string, string>();
  for (const entry of (text ?? "").split("~")) {
    if (entry === "") continue;
    const [, shard, digits] = /^(\d{1,20})\.([0-9a-z]{1,90})$/.exec(entry) ?? [];
    if (shard === undefined || digits === undefined) {
      throw new QuestionProblem(400, "after", "expected the cursor of an answer, got another text");
    }
    places.set(`${shardStart}${shard}`, numberOf(digits));
  }
  return places;
}

function numberOf(digits: string): string {
  let number = 0n;
  for (const digit of digits) number = number * 36n + BigInt(Number.parseInt(digit, 36));
  return number.toString();
}

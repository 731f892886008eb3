import { IdMap, idBytes } from "../../roll-up/dedupe/id-map.ts";
import { MessageHasher, type MessageName } from "../../roll-up/dedupe/message-hash.ts";
import { disorderMs } from "../../roll-up/dedupe/recall.ts";
import type { Ledger, PartRange } from "../../store/ledger/ledger.ts";
import { lastOfAll } from "../../stream/sequence.ts";

/** A message, and when it would have to have been counted. */
export interface CountedQuestion {
  readonly name: MessageName;
  /** Arrival, both ends included, epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A shard to look in, and a sequence number near the range; by default its end. */
export interface ShardToAsk {
  readonly shard: string;
  readonly near?: string;
}

/**
 * Which of the messages the ledger knows from the parts of some shards: they were counted, or came again after they were.
 * Exact up to a collision of 64 bits. Open parts are asked too: they leave their ids before they are opened.
 */
export async function countedAmong<Question extends CountedQuestion>(
  ledger: Pick<Ledger, "head" | "neighbours" | "ids" | "messageKey">,
  shards: readonly ShardToAsk[],
  questions: readonly Question[],
): Promise<ReadonlySet<Question>> {
  const counted = new Set<Question>();
  if (questions.length === 0) return counted;
  const wanted = new Wanted(questions, new MessageHasher(await ledger.messageKey()));
  for (const { shard, near = lastOfAll } of shards) {
    const parts = await partsBetween(ledger, shard, near, wanted);
    for (const run of runsOf(parts, (part) => part.ids > 0 && questions.some((one) => isNear(part, one)))) {
      const byName = new Map(run.map((part) => [part.idsName, part]));
      const [first, last] = [run[0]?.lastSequence ?? "", run.at(-1)?.lastSequence ?? ""];
      for await (const [name, ids] of ledger.ids(shard, first, last)) {
        const part = byName.get(name);
        if (part === undefined) continue;
        for (const one of wanted.among(ids)) if (isNear(part, one)) counted.add(one);
      }
    }
  }
  return counted;
}

/** Arrivals of a part are in no strict order. */
const isNear = (part: PartRange, { fromMs, toMs }: CountedQuestion): boolean =>
  part.lastArrivalMs >= fromMs - disorderMs && part.firstArrivalMs <= toMs + disorderMs;

/** Parts of a shard that may have arrived within the range, in order. */
async function partsBetween(
  ledger: Pick<Ledger, "head" | "neighbours">,
  shard: string,
  near: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<PartRange[]> {
  const found = new Map<string, PartRange>();
  // Open ones first: one that is committed meanwhile is then seen twice, never not at all.
  for (const part of (await ledger.head(shard)).open) found.set(part.id, part);
  for await (const part of ledger.neighbours(shard, near, "before")) {
    if (part.lastArrivalMs < fromMs - 2 * disorderMs) break;
    found.set(part.id, part);
  }
  for await (const part of ledger.neighbours(shard, near, "after")) {
    if (part.firstArrivalMs > toMs + 2 * disorderMs) break;
    found.set(part.id, part);
  }
  return [...found.values()].sort(
    (a, b) => a.lastSequence.length - b.lastSequence.length || (a.lastSequence < b.lastSequence ? -1 : 1),
  );
}

/** Neighbours that are all chosen, so that their ids are read together. */
function runsOf(parts: readonly PartRange[], isChosen: (part: PartRange) => boolean): PartRange[][] {
  const runs: PartRange[][] = [];
  let run: PartRange[] | undefined;
  for (const part of parts) {
    if (!isChosen(part)) {
      run = undefined;
      continue;
    }
    if (run === undefined) {
      run = [];
      runs.push(run);
    }
    run.push(part);
  }
  return runs;
}

/** The questions by the hash of their message. */
class Wanted<Question extends CountedQuestion> {
  readonly fromMs: number;
  readonly toMs: number;
  readonly #places: IdMap;
  readonly #questions: Question[][] = [];

  constructor(questions: readonly Question[], hasher: MessageHasher) {
    this.fromMs = questions.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.POSITIVE_INFINITY);
    this.toMs = questions.reduce((greatest, { toMs }) => Math.max(greatest, toMs), Number.NEGATIVE_INFINITY);
    this.#places = new IdMap(questions.length);
    const hash = { high: 0, low: 0 };
    for (const question of questions) {
      hasher.hash(question.name.source, question.name.messageId, hash);
      const known = this.#places.get(hash.high, hash.low);
      if (known > 0) this.#questions[known - 1]?.push(question);
      else this.#places.add(hash.high, hash.low, this.#questions.push([question]));
    }
  }

  *among(ids: Buffer): Generator<Question> {
    for (let offset = 0; offset + idBytes <= ids.length; offset += idBytes) {
      const place = this.#places.get(ids.readUInt32BE(offset), ids.readUInt32BE(offset + 4));
      if (place > 0) yield* this.#questions[place - 1] ?? [];
    }
  }
}

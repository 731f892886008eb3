import { MessageHasher } from "../../roll-up/dedupe/message-hash.ts";
import { disorderMs, idsOf } from "../../roll-up/dedupe/recall.ts";
import type { CommittedPart } from "../../store/ledger/ledger.ts";
import { compareSequence, lastOfAll, shardKey } from "../../stream/sequence.ts";
import { conclusions, joinedCopies, type WhyAnswer, withOriginals } from "./answer.ts";
import type { Copy } from "./copy.ts";
import { partCopies, rejectedOf } from "./part-copies.ts";
import { placeText, type SearchPhase, type SearchPlace, searchPhases, type WhyQuestion } from "./question.ts";
import { ofSource, type PartRejects, rejectedCopies } from "./rejected-copies.ts";
import { heldOf } from "./remembered.ts";
import { type NameSearch, type Search, Spent, type WhyBudget, type WhyPorts } from "./search.ts";
import { notFinal, sameHashOnly } from "./sentences.ts";
import { givenUpCopies, type Step, waitingCopies } from "./uncounted.ts";

/** Parts whose ids are read at a time. */
const partsAtOnce = 200;
const idsAtOnce = 2_000_000;
/** An item of a part in the ledger, about. */
const partBytes = 800;
/** Parts with the id that one request folds again. */
const judgedMax = 20;
/** What an answer names of what could not be looked into. */
const notLookedMax = 100;

const atMost = (texts: ReadonlySet<string>, max: number): string[] =>
  texts.size <= max ? [...texts] : [...[...texts].slice(0, max), `And ${texts.size - max} more`];

/**
 * What became of the events that were accepted with a message id. Looks first at what is in no finished part, then at
 * batches that Lambda gave up on, then at the ids that the parts of the range left in the ledger and at what they put into
 * quarantine, the newest first. Each part that may have the message is folded again. Reads about 8 bytes an event of the
 * range; what is more than the budget is left to the next request. Throws what the ledger, the stream and S3 throw.
 */
export async function why(question: WhyQuestion, ports: WhyPorts, budget: WhyBudget): Promise<WhyAnswer> {
  const hasher = new MessageHasher(await ports.ledger.messageKey());
  return new WhySearch(question, ports, budget, hasher).run();
}

class WhySearch {
  readonly #question: WhyQuestion;
  readonly #search: Search;
  /** The search in each of the sources. */
  readonly #names: readonly NameSearch[];
  readonly #copies: Copy[] = [];
  /** Parts that were judged, by shard, id and source. */
  readonly #judged = new Set<string>();
  /** Those of them that have no event with the id, but one with the same hash. */
  readonly #withoutIt = new Set<string>();
  /** Parts of the range that were judged, or whose files in quarantine were read. */
  #lookedInto = 0;

  constructor(question: WhyQuestion, ports: WhyPorts, budget: WhyBudget, hasher: MessageHasher) {
    this.#question = question;
    const { messageId, source: asked } = question;
    const spent = new Spent(budget, ports.clock);
    const search: Search = { messageId, source: asked, hasher, ports, spent, notLooked: new Set() };
    this.#search = search;
    const sources = asked === undefined ? ["", ...ports.sources] : [asked];
    this.#names = sources.map((source): NameSearch => {
      const hash = { high: 0, low: 0 };
      hasher.hash(source, messageId, hash);
      return { ...search, source, hash };
    });
  }

  async run(): Promise<WhyAnswer> {
    const { place } = this.#question;
    const shardIds = await this.#shardIds();
    const from = place === undefined ? 0 : searchPhases.indexOf(place.phase);
    for (const phase of searchPhases.slice(from)) {
      const isResumed = phase === place?.phase;
      for (const shardId of shardIds) {
        if (isResumed && shardId < place.shardId) continue;
        // What one shard has left of the request may be nothing: the next begins where this one would.
        if (this.#search.spent.isUp) return this.#answer({ phase, shardId });
        const at = isResumed && shardId === place.shardId ? place.at : undefined;
        const step = await this.#step(phase, shardId, at);
        this.#copies.push(...step.copies);
        if (step.at !== undefined) return this.#answer({ phase, shardId, at: step.at });
      }
    }
    return this.#answer(undefined);
  }

  async #shardIds(): Promise<string[]> {
    const lists = await Promise.all(this.#search.ports.shardLists.map((list) => list.shardIds()));
    return [...new Set(lists.flat())].sort();
  }

  #step(phase: SearchPhase, shardId: string, at: string | undefined): Promise<Step> {
    if (phase === "waiting") return waitingCopies(this.#search, shardId, at);
    if (phase === "failures") return givenUpCopies(this.#search, shardId, at);
    return this.#partsOf(shardId, at);
  }

  /** The parts of a shard in the range, the newest first, from before `at` on. */
  async #partsOf(shardId: string, at: string | undefined): Promise<Step> {
    const { ports, spent } = this.#search;
    const { fromMs, toMs } = this.#question;
    let some: CommittedPart[] = [];
    let before = at;
    for await (const part of ports.ledger.neighbours(shardKey(ports.streamName, shardId), at ?? lastOfAll, "before")) {
      if (at !== undefined && compareSequence(part.lastSequence, at) >= 0) continue;
      // Arrivals may be out of the order of the parts.
      if (part.lastArrivalMs < fromMs - disorderMs) break;
      spent.bytes += partBytes;
      if (part.firstArrivalMs < toMs && part.lastArrivalMs >= fromMs) some.push(part);
      if (some.length < partsAtOnce && idsOf(some) < idsAtOnce) continue;
      const stopped = await this.#lookAt(shardId, some, before);
      if (stopped !== undefined) return { copies: [], at: stopped };
      before = part.lastSequence;
      some = [];
      if (spent.isUp) return { copies: [], at: before };
    }
    const stopped = await this.#lookAt(shardId, some, before);
    return { copies: [], ...(stopped === undefined ? {} : { at: stopped }) };
  }

  /**
   * Looks for the message among parts that lie one after another, the newest first, behind `before`. Where it has to stop:
   * the place behind which the rest lies.
   */
  async #lookAt(
    shardId: string,
    parts: readonly CommittedPart[],
    before: string | undefined,
  ): Promise<string | undefined> {
    const holding = await this.#holding(shardId, parts);
    let last = before;
    for (const part of parts) {
      const isRejecting = part.quarantined + part.late > 0;
      const wasTakenOver = part.definitions.length > 1;
      const holders = holding.get(part) ?? [];
      if (holders.length > 0 || isRejecting || wasTakenOver) {
        // At least one, so that the next request begins further back than this one.
        if (this.#isEnough && this.#lookedInto > 0 && last !== undefined) return last;
        this.#lookedInto++;
        const rejects = await rejectedCopies(this.#search, shardId, part);
        for (const name of wasTakenOver ? this.#names : holders) {
          await this.#judge(name, shardId, part, holders.includes(name), rejects);
        }
        // Of other sources: what left no id and is in the file was rejected.
        const isNew = ({ source }: Copy): boolean => !this.#judged.has(keyOf(shardId, part, source));
        this.#copies.push(...rejectedOf({ shardId, part, rejects }).filter(isNew));
      }
      this.#search.spent.parts++;
      last = part.lastSequence;
    }
    return undefined;
  }

  get #isEnough(): boolean {
    return this.#search.spent.isUp || this.#judged.size >= judgedMax;
  }

  /** Those of the parts that left the id, and of which sources. */
  async #holding(
    shardId: string,
    parts: readonly CommittedPart[],
  ): Promise<ReadonlyMap<CommittedPart, readonly NameSearch[]>> {
    const holding = new Map<CommittedPart, readonly NameSearch[]>();
    const [newest, oldest] = [parts[0], parts.at(-1)];
    if (newest === undefined || oldest === undefined) return holding;
    const { ports, spent, notLooked } = this.#search;
    const lacking = new Map(parts.filter(({ ids }) => ids > 0).map((part) => [part.idsName, part]));
    const shard = shardKey(ports.streamName, shardId);
    for await (const [name, ids] of ports.ledger.ids(shard, oldest.lastSequence, newest.lastSequence)) {
      spent.bytes += ids.length;
      const part = lacking.get(name);
      if (part === undefined) continue;
      lacking.delete(name);
      spent.ids += part.ids;
      const held = heldOf(ids, this.#names);
      if (held.length > 0) holding.set(part, held);
    }
    for (const { id } of lacking.values()) notLooked.add(`The ids of part ${id} of ${shardId} are not in the ledger`);
    return holding;
  }

  /** Judges a part that left the id of a source, and the parts that it deferred to. */
  async #judge(
    name: NameSearch,
    shardId: string,
    part: CommittedPart,
    hasHash: boolean,
    rejects?: PartRejects,
  ): Promise<void> {
    const key = keyOf(shardId, part, name.source);
    if (this.#judged.has(key)) return;
    this.#judged.add(key);
    const { copies, holders } = await partCopies(
      name,
      shardId,
      part,
      hasHash,
      rejects && ofSource(rejects, name.source),
    );
    const { open } = await this.#search.ports.ledger.head(shardKey(this.#search.ports.streamName, shardId));
    const isTakenOver = open.some(
      ({ id, definitions }) => id === part.id && definitions.length > part.definitions.length,
    );
    const more = isTakenOver ? [notFinal(part)] : [];
    this.#copies.push(...copies.map((copy) => ({ ...copy, says: [...copy.says, ...more] })));
    if (copies.length === 0 && hasHash) this.#withoutIt.add(key);
    const { streamName } = this.#search.ports;
    for (const { shard, part: holder } of holders) {
      // What is left of them is found in the range, or named by its part.
      if (this.#isEnough) return;
      // One that is open is told of already.
      if ("committedMs" in holder) await this.#judge(name, shard.slice(streamName.length + 1), holder, true);
    }
  }

  #answer(next: SearchPlace | undefined): WhyAnswer {
    const { messageId, fromMs, toMs } = this.#question;
    const { spent, notLooked } = this.#search;
    const { parts, ids, quarantineFiles, waitingRecords, failureFiles, bytes } = spent;
    const answer = {
      messageId,
      sources: this.#names.map(({ source }) => source),
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      copies: withOriginals(joinedCopies(this.#copies)).map((copy) => this.#told(copy)),
      looked: { parts, ids, quarantineFiles, waitingRecords, failureFiles, bytes },
      notLooked: atMost(notLooked, notLookedMax),
      complete: next === undefined,
    };
    return { ...answer, says: conclusions(answer), ...(next === undefined ? {} : { next: placeText(next) }) };
  }

  /** A duplicate of a part that was looked into and has no event with the id. */
  #told(copy: Copy): Copy {
    if (copy.fate.kind !== "duplicate" || copy.fate.of.sequenceNumber !== null) return copy;
    const { of } = copy.fate;
    const isOther = of.part !== null && this.#withoutIt.has(keyOf(of.shardId, { id: of.part }, copy.source));
    return isOther ? { ...copy, says: [...copy.says, sameHashOnly(of)] } : copy;
  }
}

const keyOf = (shardId: string, { id }: Pick<CommittedPart, "id">, source: string | null): string =>
  `${shardId} ${id} ${source}`;

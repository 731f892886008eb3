import type { Definitions, MetricDefinition } from "../../lib/config/definitions.ts";
import { readFoldName } from "../../lib/roll-up/fold-name.ts";
import { type CommittedPart, newHead, type OpenPart } from "../../lib/store/ledger/ledger.ts";
import { otherValue } from "../../lib/store/rows/row.ts";
import { covers } from "../../lib/stream/range.ts";
import { shardKey } from "../../lib/stream/sequence.ts";
import { definitionsFor, deploymentNames } from "./deployment.ts";
import { DoubtfulRows } from "./doubtful-rows.ts";
import { longShop } from "./plan.ts";
import { type Doubt, mayRepeatUnknownIn, Remains } from "./remains.ts";
import type { SentEvent } from "./sent-event.ts";
import type { SentRecord, Shard } from "./stream.ts";
import { refusedShop, type StoredRow, sortedDimensions, storedKey } from "./timestream-table.ts";
import { addTo, keyOf, type Total, wrongRows } from "./totals.ts";
import { streamName, type World } from "./world.ts";

interface Tally {
  events: number;
  counted: number;
  duplicate: number;
  quarantined: number;
  late: number;
}

const aheadMs = 600_000;
const fields = ["events", "counted", "duplicate", "quarantined", "late"] as const;

/** What the totals came to. */
export interface Judgement {
  /** What is wrong first, or nothing. */
  readonly wrong: string | undefined;
  /** What could not be made good: records that nobody has any more, and rows that cannot be taken back. */
  readonly doubts: readonly Doubt[];
}

/**
 * Compares what is stored with what was sent. It knows from its producers what each record holds, and asks the ledger
 * only which records are in which part, in what order parts were opened, and under which definitions each was finished.
 * Every record must be in a part, unless nobody has it any more.
 */
export function judge(world: World): Judgement {
  const remains = new Remains(world);
  const wrong = remains.wrong() ?? wrongTotals(world);
  return { wrong, doubts: remains.doubts };
}

function wrongTotals(world: World): string | undefined {
  const expected = new Expectation(world);
  for (const shard of world.stream.shards) {
    const wrong = expected.meet(shard);
    if (wrong !== undefined) return wrong;
  }
  return expected.addParts() ?? expected.wrongRows() ?? expected.wrongParts();
}

/** A part with what is in it, by what was sent; one that is still open claims its events all the same. */
interface KnownPart {
  readonly shard: Shard;
  readonly part: CommittedPart | OpenPart;
  readonly records: readonly SentRecord[];
  /** Its definitions and skipped records when it was opened, and when it was finished. */
  readonly opened: Under;
  readonly finished: Under;
}

interface Under {
  readonly definitions: Definitions;
  readonly skipped: ReadonlySet<string>;
}

/** What the parts must come to, one after the other. */
class Expectation {
  readonly #totals = new Map<string, Total>();
  readonly #world: World;
  readonly #byHash: Map<string, Definitions>;
  readonly #capped: boolean;
  readonly #parts: KnownPart[] = [];
  /** Where the copies of an event are that a part was opened with as fit to be counted. */
  readonly #claims = new Map<string, KnownPart[]>();
  /** How many of them were counted. */
  readonly #counted = new Map<string, number>();
  /** Events that a part claimed and could not count in the end: its copies must not count any more. */
  readonly #forgone = new Set<string>();
  readonly #quarantined: ReadonlyMap<string, string>;
  readonly #rowsByPart = new Map<string, { rows: number; count: number }>();
  /** Parts with rows that nobody can take back, or that were never finished. */
  readonly #doubtful = new Set<string>();
  readonly #doubts: DoubtfulRows;

  constructor(world: World) {
    const { groupsPerBucket } = world.plan.surroundings;
    this.#world = world;
    this.#quarantined = world.bucket.quarantined();
    this.#capped = groupsPerBucket <= 50;
    this.#doubts = new DoubtfulRows(world.table, this.#capped);
    const all = deploymentNames.map((name) => definitionsFor(name, world.plan.surroundings));
    this.#byHash = new Map(all.map((definitions) => [definitions.hash, definitions]));
    for (const row of world.table.rows.values()) {
      const count = row.measures.get("count") ?? 0;
      const part = row.dimensions.get("part") ?? "";
      const rows = this.#rowsByPart.get(part) ?? { rows: 0, count: 0 };
      if (count > 0) this.#rowsByPart.set(part, { rows: rows.rows + 1, count: rows.count + count });
    }
  }

  /** Takes note of the parts of a shard, and of the events that they claim. */
  meet(shard: Shard): string | undefined {
    const key = shardKey(streamName, shard.shardId);
    const parts = this.#world.ledger.parts.get(key) ?? [];
    const open = this.#world.ledger.heads.get(key)?.open ?? [];
    const unsure = parts.filter((part) => part.doubled > 0 || !isCommitted(part));
    for (const { id } of [...unsure, ...open]) this.#doubtful.add(id);
    for (const part of [...parts, ...open]) {
      const opened = this.#under(part.definitions[0]);
      const finished = this.#under(part.definitions.at(-1));
      if (opened === undefined || finished === undefined) return `part ${part.id} is of no known definitions`;
      const records = shard.records.filter(({ sequenceNumber }) => covers(part, sequenceNumber));
      const known = { shard, part, records, opened, finished };
      if (isCommitted(part)) this.#parts.push(known);
      for (const { events = [], arrivalMs, sequenceNumber } of records) {
        if (opened.skipped.has(sequenceNumber)) continue;
        for (const event of events) {
          if (event.name === undefined || unfit(event, arrivalMs, opened.definitions) !== undefined) continue;
          if (!this.#willCount(known, event, arrivalMs, sequenceNumber)) this.#forgone.add(event.name);
          const claims = this.#claims.get(event.name);
          if (claims === undefined) this.#claims.set(event.name, [known]);
          else claims.push(known);
        }
      }
    }
    return undefined;
  }

  /** Adds what is in the parts; says what of a part's tally is wrong, or which event is not counted once. */
  addParts(): string | undefined {
    for (const known of this.#parts) {
      const tally: Tally = { events: 0, counted: 0, duplicate: 0, quarantined: 0, late: 0 };
      const rejected: string[] = [];
      const own = new Set<string>();
      for (const record of known.records) this.#add(record, known, own, tally, rejected);
      const wrong = this.#wrongPart(known, tally, rejected) ?? this.#doubts.wrong(known.part);
      if (wrong !== undefined) return wrong;
    }
    for (const [name, claims] of this.#claims) {
      const times = this.#counted.get(name) ?? 0;
      if (claims.some(({ shard, part }) => mayRepeatUnknownIn(this.#world, shard, part))) continue;
      if (times === 1 || (times === 0 && this.#forgone.has(name))) continue;
      return `message ${name} counts ${times} times, by the order in which parts defer to each other`;
    }
    return undefined;
  }

  /** The totals, but for those of parts that are in doubt. */
  wrongRows(): string | undefined {
    const isSure = (row: StoredRow): boolean => !this.#doubtful.has(row.dimensions.get("part") ?? "");
    return wrongRows([...this.#world.table.rows.values()].filter(isSure), this.#totals, !this.#capped);
  }

  /** Rows that are of no part, or not those that the ledger says a part has. */
  wrongParts(): string | undefined {
    for (const { part } of this.#parts) {
      if (!isCommitted(part)) continue;
      const { id, rows, rowsCount } = part;
      const found = this.#rowsByPart.get(id) ?? { rows: 0, count: 0 };
      this.#rowsByPart.delete(id);
      if (this.#doubtful.has(id)) continue;
      if (found.rows !== rows || found.count !== rowsCount) {
        return `part ${id} has ${found.rows} rows of ${found.count} events, and ${rows} of ${rowsCount} by the ledger`;
      }
    }
    for (const { open } of this.#world.ledger.heads.values()) for (const { id } of open) this.#rowsByPart.delete(id);
    for (const part of [...this.#world.ledger.parts.values()].flat()) {
      if (part.lost !== undefined) this.#rowsByPart.delete(part.id);
    }
    const [orphan] = this.#rowsByPart.keys();
    return orphan === undefined ? undefined : `there are rows of part ${orphan}, which the ledger does not know`;
  }

  #under(name = ""): Under | undefined {
    const { hash, skipped } = readFoldName(name);
    const definitions = this.#byHash.get(hash);
    return definitions && { definitions, skipped: new Set(skipped.map(({ sequenceNumber }) => sequenceNumber)) };
  }

  /** Whether a part that claims an event can count it in the end, if it does not defer to another. */
  #willCount({ part, finished }: KnownPart, event: SentEvent, arrivalMs: number, sequenceNumber: string): boolean {
    if (!isCommitted(part) || finished.skipped.has(sequenceNumber)) return false;
    return unfit(event, arrivalMs, finished.definitions) === undefined;
  }

  #add(record: SentRecord, known: KnownPart, own: Set<string>, tally: Tally, rejected: string[]): void {
    const { events, sequenceNumber } = record;
    if (events === undefined || known.finished.skipped.has(sequenceNumber)) {
      tally.events++;
      tally.quarantined++;
      rejected.push(sequenceNumber);
      return;
    }
    for (const [index, event] of events.entries()) {
      const outcome = this.#count(event, record, known, own);
      tally.events++;
      tally[outcome]++;
      if (outcome === "late" || outcome === "quarantined") rejected.push(`${sequenceNumber}/${index}`);
    }
  }

  #count(event: SentEvent, record: SentRecord, known: KnownPart, own: Set<string>): Exclude<keyof Tally, "events"> {
    const { name, timestampMs } = event;
    const { definitions } = known.finished;
    const misfit = unfit(event, record.arrivalMs, definitions);
    if (misfit !== undefined) return misfit;
    if (name !== undefined) {
      const claims = this.#claims.get(name) ?? [];
      if (claims.some((other) => this.#defers(known, other))) return "duplicate";
      // Fit only under later definitions than its part was opened under: later parts do not know of it.
      if (!claims.includes(known)) return "quarantined";
      if (own.has(name)) return "duplicate";
      own.add(name);
      this.#counted.set(name, (this.#counted.get(name) ?? 0) + 1);
    }
    const bucketMs = Math.floor(timestampMs / 60_000) * 60_000;
    let outcome: "counted" | "late" | "quarantined" = "counted";
    for (const metric of definitions.metrics) {
      if (!isOf(metric, event)) continue;
      const price = metric.measure.kind === "sum" ? event.price : 0;
      const values = metric.by.map(([, path]) => (path === "properties.shop" ? shopOf(event) : event.size));
      const key = rowKeyOf(known.part, metric, bucketMs, values);
      const refusal = this.#refusal(bucketMs, values, this.#isAged(known.part, key));
      // Late wins where the rows of an event are refused for different reasons.
      if (refusal !== undefined) outcome = outcome === "late" ? "late" : refusal;
      else if (!this.#doubtful.has(known.part.id)) {
        addTo(this.#totals, keyOf(metric.name, metric.def, bucketMs, this.#capped ? [] : values), Number(price));
      } else this.#doubts.expect(known.part.id, key);
    }
    return outcome;
  }

  /**
   * Whether a part drops what another one has: the one of its shard that was opened before it; one of an ancestor that it
   * noted to see; one of a descendant that did not note to see it.
   */
  #defers({ shard, part }: KnownPart, other: KnownPart): boolean {
    if (shard === other.shard) return other.part.number < part.number;
    const [key, otherKey] = [shardKey(streamName, shard.shardId), shardKey(streamName, other.shard.shardId)];
    if (this.#comesFrom(shard, other.shard)) return (part.views?.[otherKey] ?? 0) >= other.part.number;
    return this.#comesFrom(other.shard, shard) && (other.part.views?.[key] ?? 0) < part.number;
  }

  /** As far as it could be known: the stream may have forgotten shards before a record of this one was counted. */
  #comesFrom({ shardId }: Shard, ancestor: Shard): boolean {
    const { stream, ledger } = this.#world;
    if (!stream.ancestors(shardId).includes(ancestor.shardId)) return false;
    const head = ledger.heads.get(shardKey(streamName, shardId)) ?? newHead;
    return head.orphanedMs === 0 || head.ancestors.includes(shardKey(streamName, ancestor.shardId));
  }

  /** Whether the store took a row of the part no more when it came. */
  #isAged({ definitions }: KnownPart["part"], key: string): boolean {
    const { refusedForAge, rows } = this.#world.table;
    return refusedForAge.has(key) && rows.get(key)?.version !== definitions.length;
  }

  /** A request that is not valid is refused whatever the age of its rows. */
  #refusal(bucketMs: number, values: readonly string[], isAged: boolean): "late" | "quarantined" | undefined {
    const { refuses } = this.#world.plan.surroundings.storeSwitches;
    const isForbidden = values.includes(refusedShop);
    if (refuses === "request" && isForbidden) return "quarantined";
    if (isAged || this.#world.table.isRefusedFor(bucketMs)) return "late";
    return refuses === "shop" && isForbidden ? "quarantined" : undefined;
  }

  #wrongPart({ shard, part, records }: KnownPart, tally: Tally, rejected: readonly string[]): string | undefined {
    if (!isCommitted(part)) return undefined;
    const where = `part ${part.id} [${part.firstSequence}..${part.lastSequence}] of ${shard.shardId}`;
    if (part.records !== records.length) {
      return `${where} holds ${records.length} records, and ${part.records} by the ledger`;
    }
    // Rows that were taken at first and refused later: its ledger calls their events late, and says that they may count.
    if (part.doubled > 0 && this.#world.table.agedParts.has(part.id)) return undefined;
    const field = fields.find((name) => part[name] !== tally[name]);
    if (field !== undefined) return `${where} has ${tally[field]} ${field}, and ${part[field]} by the ledger`;
    const expected = rejected.toSorted().join(" ");
    const received =
      this.#quarantined.get(`${shardKey(streamName, shard.shardId)}/${part.id}.${part.definitions.length}`) ?? "";
    if (expected === received) return undefined;
    return `${where} rejects ${expected || "none"}, and ${received || "none"} is in quarantine`;
  }
}

/** One that was written off is as good as open: it claims its events, and counts none. */
const isCommitted = (part: CommittedPart | OpenPart): part is CommittedPart =>
  "committedMs" in part && part.lost === undefined;

function rowKeyOf(
  { id }: KnownPart["part"],
  { name, def, by }: MetricDefinition,
  timeMs: number,
  values: readonly string[],
) {
  const own = by.map(([alias], index): [string, string] => [alias, values[index] ?? ""]);
  return storedKey({ metric: name, timeMs, dimensions: sortedDimensions([["part", id], ["def", def], ...own]) });
}

const shopOf = ({ shop }: SentEvent): string => (shop === longShop ? otherValue : shop);

/** Why an event cannot be counted under these definitions; undefined where it can. */
function unfit(
  event: SentEvent,
  arrivalMs: number,
  { metrics, allowedLatenessMs }: Definitions,
): "late" | "quarantined" | undefined {
  if (event.flaw !== undefined) return "quarantined";
  if (arrivalMs - event.timestampMs > allowedLatenessMs) return "late";
  if (event.timestampMs - arrivalMs > aheadMs) return "quarantined";
  const needsPrice = metrics.some((metric) => metric.measure.kind === "sum" && isOf(metric, event));
  return needsPrice && event.price === "dear" ? "quarantined" : undefined;
}

function isOf({ on, measure }: MetricDefinition, event: SentEvent): boolean {
  const type = event.kind === "page" ? "page" : "track";
  const name = event.kind === "sale" ? "Sold" : "Viewed";
  if (on.type !== type || (on.names.length > 0 && !on.names.includes(name))) return false;
  if (Object.entries(on.where).some(([, value]) => value !== event.size)) return false;
  return measure.kind === "count" || event.price !== undefined;
}

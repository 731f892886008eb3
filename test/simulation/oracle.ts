import type { Definitions, MetricDefinition } from "../../lib/definitions.ts";
import { otherValue } from "../../lib/fold/dimension.ts";
import type { CommittedPart } from "../../lib/ledger/ledger.ts";
import { compareSequence } from "../../lib/record/sequence.ts";
import { shardKey } from "../../lib/record/shard-key.ts";
import { covers } from "../../lib/roll-up/uncovered.ts";
import { definitionsFor, deploymentNames } from "./deployment.ts";
import { longShop } from "./plan.ts";
import type { SentEvent } from "./producer.ts";
import type { SentRecord, Shard } from "./stream.ts";
import { refusedShop } from "./timestream-table.ts";
import { addTo, keyOf, type Total, wrongRows } from "./totals.ts";
import { streamName, type World } from "./world.ts";

interface Tally {
  events: number;
  counted: number;
  duplicate: number;
  quarantined: number;
  late: number;
}

const latenessMs = 3_600_000;
const aheadMs = 600_000;
const fields = ["events", "counted", "duplicate", "quarantined", "late"] as const;

/**
 * Compares what is stored with what was sent; says what is wrong first, or nothing. It knows from its producers what each
 * record holds, and asks the ledger only which records are in which part, in what order parts were opened, and under
 * which definitions each was finished. Every record must be in a part, or given up by Lambda.
 */
export function findWrong(world: World): string | undefined {
  const { stream, ledger, plan } = world;
  const givenUp = givenUpRecords(world.failures);
  const expected = new Expectation(world);
  for (const shard of stream.shards) {
    const key = shardKey(streamName, shard.shardId);
    const parts = ledger.parts.get(key) ?? [];
    const [open] = ledger.heads.get(key)?.open ?? [];
    if (open !== undefined) return `part ${open.id} of ${shard.shardId} is still open`;
    const wrong = wrongCover(shard, parts, givenUp) ?? expected.meet(shard, parts);
    if (wrong !== undefined) return wrong;
  }
  const wrong = expected.addParts();
  if (wrong !== undefined) return wrong;
  return wrongRows(world.table, expected.totals, plan.surroundings.groupsPerBucket > 50) ?? expected.wrongParts();
}

/** Sequence numbers are of all the stream here. */
function givenUpRecords(failures: readonly string[]): Set<string> {
  const given = failures.flatMap((body) => {
    const { payload } = JSON.parse(body) as { payload: unknown };
    const event = (typeof payload === "string" ? JSON.parse(payload) : payload) as {
      Records: { kinesis: { sequenceNumber: string } }[];
    };
    return event.Records.map(({ kinesis }) => kinesis.sequenceNumber);
  });
  return new Set(given);
}

function wrongCover(shard: Shard, parts: readonly CommittedPart[], givenUp: ReadonlySet<string>): string | undefined {
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (next !== undefined && compareSequence(part.lastSequence, next.firstSequence) >= 0) {
      return `parts ${part.id} and ${next.id} of ${shard.shardId} overlap`;
    }
  }
  const missing = shard.records.find(
    ({ sequenceNumber }) => !givenUp.has(sequenceNumber) && !parts.some((part) => covers(part, sequenceNumber)),
  );
  return missing === undefined
    ? undefined
    : `record ${missing.sequenceNumber} of ${shard.shardId} is in no part and was not given up`;
}

/** A part with what is in it, by what was sent. */
interface KnownPart {
  readonly shard: Shard;
  readonly part: CommittedPart;
  readonly definitions: Definitions;
  readonly records: readonly SentRecord[];
}

/** What the parts must come to, one after the other. */
class Expectation {
  readonly totals = new Map<string, Total>();
  readonly #world: World;
  readonly #byHash: Map<string, Definitions>;
  readonly #capped: boolean;
  readonly #parts: KnownPart[] = [];
  /** Where the copies of an event are that are fit to be counted. */
  readonly #copies = new Map<string, KnownPart[]>();
  /** How many of them were counted. */
  readonly #counted = new Map<string, number>();
  readonly #rowsByPart = new Map<string, { rows: number; count: number }>();

  constructor(world: World) {
    const { groupsPerBucket } = world.plan.surroundings;
    this.#world = world;
    this.#capped = groupsPerBucket <= 50;
    const all = deploymentNames.map((name) => definitionsFor(name, groupsPerBucket));
    this.#byHash = new Map(all.map((definitions) => [definitions.hash, definitions]));
    for (const row of world.table.rows.values()) {
      const count = row.measures.get("count") ?? 0;
      const part = row.dimensions.get("part") ?? "";
      const rows = this.#rowsByPart.get(part) ?? { rows: 0, count: 0 };
      if (count > 0) this.#rowsByPart.set(part, { rows: rows.rows + 1, count: rows.count + count });
    }
  }

  /** Takes note of the parts of a shard, and of the events in them. */
  meet(shard: Shard, parts: readonly CommittedPart[]): string | undefined {
    for (const part of parts) {
      const definitions = this.#byHash.get(part.definitions.at(-1)?.split(",")[0] ?? "");
      if (definitions === undefined) return `part ${part.id} is of no known definitions`;
      const records = shard.records.filter(({ sequenceNumber }) => covers(part, sequenceNumber));
      const known = { shard, part, definitions, records };
      this.#parts.push(known);
      for (const { events = [], arrivalMs } of records) {
        for (const event of events) {
          if (event.name === undefined || unfit(event, arrivalMs, definitions) !== undefined) continue;
          const copies = this.#copies.get(event.name);
          if (copies === undefined) this.#copies.set(event.name, [known]);
          else copies.push(known);
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
      const wrong = this.#wrongPart(known, tally, rejected);
      if (wrong !== undefined) return wrong;
    }
    const twice = [...this.#copies.keys()].find((name) => this.#counted.get(name) !== 1);
    if (twice === undefined) return undefined;
    return `message ${twice} counts ${this.#counted.get(twice) ?? 0} times, by the order in which parts defer to each other`;
  }

  /** Rows that are of no part, or not those that the ledger says a part has. */
  wrongParts(): string | undefined {
    for (const { part } of this.#parts) {
      const { id, rows, rowsCount } = part;
      const found = this.#rowsByPart.get(id) ?? { rows: 0, count: 0 };
      this.#rowsByPart.delete(id);
      if (found.rows !== rows || found.count !== rowsCount) {
        return `part ${id} has ${found.rows} rows of ${found.count} events, and ${rows} of ${rowsCount} by the ledger`;
      }
    }
    const [orphan] = this.#rowsByPart.keys();
    return orphan === undefined ? undefined : `there are rows of part ${orphan}, which the ledger does not know`;
  }

  #add(record: SentRecord, known: KnownPart, own: Set<string>, tally: Tally, rejected: string[]): void {
    const { events, arrivalMs, sequenceNumber } = record;
    if (events === undefined) {
      tally.events++;
      tally.quarantined++;
      rejected.push(sequenceNumber);
      return;
    }
    for (const [index, event] of events.entries()) {
      const outcome = this.#count(event, arrivalMs, known, own);
      tally.events++;
      tally[outcome]++;
      if (outcome === "late" || outcome === "quarantined") rejected.push(`${sequenceNumber}/${index}`);
    }
  }

  #count(event: SentEvent, arrivalMs: number, known: KnownPart, own: Set<string>): Exclude<keyof Tally, "events"> {
    const { name, timestampMs } = event;
    const misfit = unfit(event, arrivalMs, known.definitions);
    if (misfit !== undefined) return misfit;
    if (name !== undefined) {
      if (own.has(name) || this.#copies.get(name)?.some((other) => this.#defers(known, other))) return "duplicate";
      own.add(name);
      this.#counted.set(name, (this.#counted.get(name) ?? 0) + 1);
    }
    const bucketMs = Math.floor(timestampMs / 60_000) * 60_000;
    let refused = false;
    for (const metric of known.definitions.metrics) {
      if (!isOf(metric, event)) continue;
      const price = metric.measure.kind === "sum" ? event.price : 0;
      const values = metric.by.map(([, path]) => (path === "properties.shop" ? shopOf(event) : event.size));
      if (this.#refuses(bucketMs, values)) refused = true;
      else addTo(this.totals, keyOf(metric.name, metric.def, bucketMs, this.#capped ? [] : values), Number(price));
    }
    if (!refused) return "counted";
    return this.#world.table.isRefusedFor(bucketMs) ? "late" : "quarantined";
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

  #comesFrom(shard: Shard, ancestor: Shard): boolean {
    return this.#world.stream.ancestors(shard.shardId).includes(ancestor.shardId);
  }

  #refuses(bucketMs: number, values: readonly string[]): boolean {
    const { refuses } = this.#world.plan.surroundings.storeSwitches;
    if (refuses === "shop" || refuses === "request") return values.includes(refusedShop);
    return this.#world.table.isRefusedFor(bucketMs);
  }

  #wrongPart({ shard, part, records }: KnownPart, tally: Tally, rejected: readonly string[]): string | undefined {
    const where = `part ${part.id} [${part.firstSequence}..${part.lastSequence}] of ${shard.shardId}`;
    if (part.records !== records.length) {
      return `${where} holds ${records.length} records, and ${part.records} by the ledger`;
    }
    const field = fields.find((name) => part[name] !== tally[name]);
    if (field !== undefined) return `${where} has ${tally[field]} ${field}, and ${part[field]} by the ledger`;
    const kept = this.#world.quarantine.get(`${shardKey(streamName, shard.shardId)} ${part.id}`) ?? [];
    const found = kept.map(({ record, index }) =>
      index === undefined ? record.sequenceNumber : `${record.sequenceNumber}/${index}`,
    );
    const [expected, received] = [rejected.toSorted().join(" "), found.toSorted().join(" ")];
    if (expected === received) return undefined;
    return `${where} rejects ${expected || "none"}, and ${received || "none"} is in quarantine`;
  }
}

const shopOf = ({ shop }: SentEvent): string => (shop === longShop ? otherValue : shop);

/** Why an event cannot be counted under these definitions; undefined where it can. */
function unfit(event: SentEvent, arrivalMs: number, { metrics }: Definitions): "late" | "quarantined" | undefined {
  if (event.flaw !== undefined) return "quarantined";
  if (arrivalMs - event.timestampMs > latenessMs) return "late";
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

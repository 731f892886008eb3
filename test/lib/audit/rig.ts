import { type AuditReport, audit } from "../../../lib/audit/audit.ts";
import type { AuditOptions, AuditPorts } from "../../../lib/audit/audit-run.ts";
import type { AuditLog, AuditPlace, ScheduleName } from "../../../lib/audit/scheduled-audit.ts";
import type { FailureFile } from "../../../lib/store/dead-letters/dead-letter-files.ts";
import type { CommittedPart, OpenPart } from "../../../lib/store/ledger/ledger.ts";
import { newHead } from "../../../lib/store/ledger/ledger.ts";
import type { Row } from "../../../lib/store/rows/row.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";
import { MemoryStore } from "../../memory/memory-store.ts";

export const shardId = "shardId-000000000000";
export const shard = `events/${shardId}`;
export const minuteMs = 60_000;
/** Midnight of a day; the audit runs at half past two. */
export const baseMs = Date.UTC(2026, 0, 2);

/** A ledger and a store by hand: parts of four records and eight events, one a minute. */
export class AuditRig {
  readonly ledger = new TableLedger();
  readonly store = new MemoryStore();
  readonly files: FailureFile[] = [];
  /** How far the scheduled audits are. */
  readonly places = new Map<ScheduleName, AuditPlace>();
  /** What CloudWatch says of any range; by itself the records that were added. */
  incoming: ((fromMs: number, toMs: number) => number | undefined) | undefined;
  nowMs = baseMs + 2 * 60 * minuteMs + 30 * minuteMs;
  slept = 0;
  readonly #arrivals: [ms: number, records: number][] = [];

  /** A part of the records 10 x `place` to 10 x `place` + 9, in the minute `place` after midnight. */
  add(place: number, more: Partial<CommittedPart> = {}): CommittedPart {
    const part = committed(place, more);
    this.ledger.table.putPart(shard, part);
    this.#arrivals.push([part.firstArrivalMs, part.records]);
    this.write(part.id, part.firstArrivalMs, [4, 4]);
    return part;
  }

  /** Parts of the first minutes after midnight. */
  addMany(places: number): void {
    for (let place = 0; place < places; place++) this.add(place);
  }

  open(place: number, more: Partial<OpenPart> = {}): OpenPart {
    const { committedMs: openedMs, ...part } = committed(place);
    const open = { ...part, openedMs, ...more };
    const head = this.ledger.heads.get(shard) ?? newHead;
    this.ledger.table.putHead(shard, { ...head, open: [...head.open, open] });
    return open;
  }

  /** Rows of a part, by their counts. */
  write(part: string, bucketMs: number, counts: readonly number[]): void {
    for (const [index, count] of counts.entries()) {
      const row: Row = {
        metric: "all",
        def: "d",
        bucketMs,
        dimensions: [["shop", `s${index}`]],
        count,
        numbers: undefined,
      };
      this.store.rows.set(`${part} ${index}`, { row, part, version: 1 });
    }
  }

  /** Takes all rows of a part out of the store. */
  forget(part: string): void {
    for (const [key, stored] of this.store.rows) if (stored.part === part) this.store.rows.delete(key);
  }

  /** A clock that does something when it sleeps. */
  clock(onSleep: () => void): AuditPorts["clock"] {
    return { now: () => this.nowMs, sleep: async () => onSleep() };
  }

  get ports(): AuditPorts & { readonly log: AuditLog } {
    return {
      streamName: "events",
      shardLists: [{ shardIds: async () => [shardId] }, { shardIds: async () => [shardId] }],
      ledger: this.ledger,
      store: this.store,
      incoming: { records: async (fromMs, toMs) => (this.incoming ?? this.#came)(fromMs, toMs) },
      failures: { list: () => this.#list() },
      retentionMs: 24 * 60 * minuteMs,
      dedupeWindowMs: 60 * minuteMs,
      clock: this.clock(() => this.slept++),
      log: {
        read: async (schedule) => this.places.get(schedule),
        write: async (schedule, place) => void this.places.set(schedule, place),
      },
    };
  }

  /** Of all that was added, with an end that is settled. */
  audit(options: Partial<AuditOptions> = {}, ports: Partial<AuditPorts> = {}): Promise<AuditReport> {
    const asked = { fromMs: baseMs - 5 * minuteMs, toMs: baseMs + 130 * minuteMs, rows: "all" } as const;
    return audit({ ...this.ports, ...ports }, { ...asked, deadlineMs: Number.POSITIVE_INFINITY, ...options });
  }

  readonly #came = (fromMs: number, toMs: number): number =>
    this.#arrivals.filter(([ms]) => ms >= fromMs && ms < toMs).reduce((sum, [, records]) => sum + records, 0);

  async *#list(): AsyncGenerator<FailureFile> {
    yield* this.files;
  }
}

export function committed(place: number, more: Partial<CommittedPart> = {}): CommittedPart {
  const minute = baseMs + place * minuteMs;
  return {
    id: `part-${place}`,
    idsName: `part-${place}-1`,
    number: place + 1,
    firstSequence: String(1_000_000 + place * 10),
    lastSequence: String(1_000_000 + place * 10 + 9),
    firstArrivalMs: minute,
    lastArrivalMs: minute + 30_000,
    ids: 8,
    definitions: ["d1"],
    views: {},
    records: 4,
    events: 8,
    counted: 8,
    duplicate: 0,
    quarantined: 0,
    late: 0,
    rows: 2,
    rowsCount: 8,
    doubled: 0,
    firstBucketMs: minute,
    lastBucketMs: minute,
    committedMs: minute + 31_000,
    ...more,
  };
}

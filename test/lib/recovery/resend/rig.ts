import type { Definitions } from "../../../../lib/config/definitions.ts";
import { partitionKey } from "../../../../lib/producer/event-line.ts";
import type { Mark, ReplayMarks } from "../../../../lib/recovery/resend/marks.ts";
import { type ReplayOptions, type ReplayPorts, replay } from "../../../../lib/recovery/resend/replay.ts";
import type { ReplayReport } from "../../../../lib/recovery/resend/report.ts";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { type MessageName, nameText } from "../../../../lib/roll-up/dedupe/message-hash.ts";
import { rollUp } from "../../../../lib/roll-up/roll-up.ts";
import type { Fields } from "../../../../lib/stream/event/fields.ts";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";
import { MemoryQuarantine } from "../../../memory/memory-quarantine.ts";
import { MemoryStore } from "../../../memory/memory-store.ts";

export const streamName = "events";
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const baseMs = Date.UTC(2026, 0, 31, 12);

export class Death extends Error {}

export class MemoryMarks implements ReplayMarks {
  readonly marks = new Map<string, Mark>();

  async read(name: MessageName): Promise<Mark | undefined> {
    return this.marks.get(nameText(name));
  }

  async move(name: MessageName, from: Mark | undefined, next: Omit<Mark, "revision">): Promise<boolean> {
    if (this.marks.get(nameText(name))?.revision !== from?.revision) return false;
    this.marks.set(nameText(name), { ...next, revision: (from?.revision ?? 0) + 1 });
    return true;
  }
}

/** What ends a replay: the call of a port, counted from 0, and whether it was done by then; `sent` events of a batch. */
export interface End {
  readonly call: number;
  readonly after: boolean;
  readonly sent?: number;
}

/** A stream of two shards in virtual time, the real roll-up of it, and replays of what it rejects. */
export class ReplayRig {
  nowMs = baseMs;
  definitions: Definitions;
  readonly ledger = new TableLedger();
  readonly store = new MemoryStore();
  readonly quarantine = new MemoryQuarantine();
  readonly marks = new MemoryMarks();
  /** By shard id. */
  readonly records = new Map<string, StreamRecord[]>([
    ["shardId-000000000000", []],
    ["shardId-000000000001", []],
  ]);
  readonly #rolledUp = new Map<string, number>();
  /** What somebody who was thought dead still sends. */
  readonly asleep: Fields[][] = [];
  failures: string[] = [];
  #sequence = 1_000;

  constructor(definitions: Definitions) {
    this.definitions = definitions;
  }

  put(events: readonly Fields[]): void {
    for (const event of events) {
      const key = partitionKey(event);
      const shardId = `shardId-00000000000${(key.codePointAt(0) ?? 0) % 2}`;
      const sequenceNumber = String(this.#sequence++);
      const data = Buffer.from(JSON.stringify(event));
      this.records.get(shardId)?.push({ sequenceNumber, partitionKey: key, arrivalMs: this.nowMs, data });
    }
  }

  /** All that has arrived is rolled up. */
  async rollUp(): Promise<void> {
    for (const [shardId, all] of this.records) {
      const records = all.slice(this.#rolledUp.get(shardId) ?? 0);
      if (records.length === 0) continue;
      const { ledger, store, quarantine } = this;
      const stream = { read: async () => records, ancestry: async () => ({ ancestors: [], forgotten: [] }) };
      const clock = { now: () => this.nowMs, sleep: async () => {} };
      const memory = new DuplicateMemory(ledger);
      const ports = { ledger, store, quarantine, stream, clock, memory, agedAfterMs: Number.POSITIVE_INFINITY };
      const patience = { deadlineMs: Number.POSITIVE_INFINITY };
      await rollUp({ streamName, shardId, records }, this.definitions, ports, patience);
      this.#rolledUp.set(shardId, all.length);
    }
  }

  /** Undefined where it died. */
  async replay(
    options: Partial<ReplayOptions> = {},
    end?: End,
    ports: Partial<ReplayPorts> = {},
  ): Promise<ReplayReport | undefined> {
    const filter = { fromMs: baseMs - 90 * dayMs, toMs: this.nowMs + 1 };
    const { definitions } = this;
    const all: ReplayOptions = {
      filter,
      dryRun: false,
      limit: 10_000,
      definitions,
      plan: undefined,
      privacy: { remove: [], hash: [] },
      storeReachMs: 90 * dayMs,
      ...options,
    };
    try {
      return await replay(all, { ...this.#ports(end), ...ports });
    } catch (error) {
      if (error instanceof Death) return undefined;
      throw error;
    }
  }

  /** Counted events of a metric, in all minutes. */
  count(metric: string): number {
    let total = 0;
    for (const { row } of this.store.rows.values()) if (row.metric === metric) total += row.count;
    return total;
  }

  #ports(end: End | undefined): ReplayPorts {
    let call = 0;
    const mortal = async <Result>(run: () => Promise<Result>): Promise<Result> => {
      const isLast = call++ === end?.call;
      if (isLast && !end?.after) throw new Death();
      const result = await run();
      if (isLast) throw new Death();
      return result;
    };
    const send = (events: readonly Fields[]) => {
      const half = call === end?.call ? end.sent : undefined;
      return mortal(async () => {
        this.put(half === undefined ? events : events.slice(0, half));
        if (half !== undefined) this.asleep.push(events.slice(half));
      });
    };
    const { ledger, records } = this;
    return {
      streamName,
      files: this.quarantine,
      ledger,
      marks: {
        read: (name) => mortal(() => this.marks.read(name)),
        move: (name, from, next) => mortal(() => this.marks.move(name, from, next)),
      },
      stream: {
        shardIds: async () => [...records.keys()],
        pages: async function* (shardId, start) {
          const after = typeof start === "object" && "after" in start ? Number(start.after) : -1;
          const found = records.get(shardId)?.find(({ sequenceNumber }) => Number(sequenceNumber) > after);
          yield { records: found === undefined ? [] : [found], behindMs: 0 };
        },
      },
      failures: {
        list: async function* (this: ReplayRig) {
          for (const key of this.failures) yield { key, shardId: undefined, bytes: 1 };
        }.bind(this),
        read: async () => {
          const records = this.records.get("shardId-000000000000") ?? [];
          return { condition: "", batch: { streamName, shardId: "shardId-000000000000", records } };
        },
      },
      send,
      clock: { now: () => this.nowMs },
    };
  }
}

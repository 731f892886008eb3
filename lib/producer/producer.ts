import { Account, type ProducerCounters } from "./account.ts";
import { type Batch, type PackedBatch, pack } from "./batch.ts";
import type { DropReason } from "./drops.ts";
import { type EventLine, eventLine, partitionKey } from "./event-line.ts";
import { EventRefused } from "./event-refused.ts";
import type { Lane } from "./lane.ts";
import { Outbox } from "./outbox.ts";
import { type Failure, failureOf, type Outcome } from "./put-records.ts";
import { Routing } from "./routing.ts";
import { type ProducerOptions, type Settings, settingsOf, timeLimit } from "./settings.ts";
import { findShards, ShardMap } from "./shards.ts";
import { backoffMs, later, pause } from "./waiting.ts";

export type { ProducerCounters } from "./account.ts";
export type { Compression } from "./compression.ts";
export { type Drop, type DropReason, EventsNotTaken, type OnDrop } from "./drops.ts";
export { EventRefused, type Refusal } from "./event-refused.ts";
export type { ProducerOptions } from "./settings.ts";

/**
 * A record in another shard than expected means a resharding, but where the stream itself chooses the shards (record
 * distribution AUTO) it means nothing: so the shards are listed at most this often for it, in milliseconds.
 */
const listingIntervalMs = 1_000;

/** Attempts to list the shards anew before the producer goes on with those it knows. Kinesis routes by hash key. */
const relistingAttemptsMax = 3;

/**
 * Packs events into Kinesis records: NDJSON, compressed, each record with events of one shard's persons only, each
 * person's events in the order they were sent. Every event that `send` accepted is either taken by the stream, once or
 * (after a request without an answer) more often under the same `messageId`, or given up with a reason: to `onDrop` and
 * in the error of `flush` or `close`. Memory is bounded.
 */
export class Producer {
  readonly #settings: Settings;
  readonly #routing: Routing;
  readonly #outbox: Outbox;
  readonly #account: Account;
  #shards: "unknown" | "stale" | "listing" | "known" = "unknown";
  #listing = new AbortController();
  #listedAtMs = Number.NEGATIVE_INFINITY;
  /** Lanes with a record on its way. */
  #busyLanes = 0;
  /** Ends the lingering of what came last; undefined where nothing lingers. */
  #endLingering: (() => void) | undefined;
  #closed = false;
  #waitingForRoom: (() => void)[] = [];

  /** Throws a RangeError for an option out of its range. */
  constructor(options: ProducerOptions) {
    this.#settings = settingsOf(options);
    this.#routing = new Routing(this.#settings);
    this.#outbox = new Outbox(this.#settings);
    this.#account = new Account(this.#settings);
  }

  get counters(): Readonly<ProducerCounters> {
    this.#account.counters.requests = this.#outbox.requests;
    return this.#account.counters;
  }

  /**
   * Accepts an event. Returns a promise when the buffer is full: await it before sending more. Throws EventRefused when
   * the event is no JSON object or over 32 KiB, when the buffer holds twice its bound because callers did not wait, and
   * after `close`. Whether the stream took it is told by `flush` and `onDrop`. `line` is the event as JSON, where the
   * caller has written it already, within 32 KiB.
   */
  send(event: Readonly<Record<string, unknown>>, line?: EventLine): Promise<void> | undefined {
    const accepted = this.#accepted(event, line);
    // One more for the line end.
    this.#account.accept(accepted.bytes + 1);
    const key = partitionKey(event);
    const began = this.#routing.add({ ...accepted, key, serial: this.#account.counters.accepted }, this.#now);
    if (began) {
      this.#linger();
      if (this.#shards !== "known" || this.#routing.crowded(key)) this.#pump();
    }
    if (!this.#full) return undefined;
    this.#pump();
    return new Promise((resolve) => this.#waitingForRoom.push(resolve));
  }

  /**
   * Resolves when all events accepted before the call are taken. Rejects with EventsNotTaken when some of them, or some
   * that nobody was told of yet, were given up: which ones, how many, and why.
   *
   * With `deadlineMs` it settles by then, in milliseconds from now: what is not taken is given up (`deadline`). After a
   * rejection the producer holds none of these events and will not send them; it can be used as before.
   */
  async flush({ deadlineMs }: { readonly deadlineMs?: number } = {}): Promise<void> {
    const reason = { code: "deadline", detail: `not taken within ${deadlineMs} ms` } as const;
    await this.#settle(timeLimit("deadlineMs", deadlineMs), reason);
  }

  /**
   * Takes no more events, and flushes. With `timeoutMs` in at most so many milliseconds: what is not taken then is given
   * up (`closed`). Rejects as `flush` does. The client stays open: it is the caller's. May be called again.
   */
  async close({ timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    const limit = timeLimit("timeoutMs", timeoutMs);
    this.#closed = true;
    try {
      await this.#settle(limit, { code: "closed", detail: `not taken within ${timeoutMs} ms of closing` });
    } finally {
      this.#endLingering?.();
    }
  }

  /** `await using`: closes, without a time limit of its own. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Lists the shards anew before the next record goes out, for a caller who knows of a resharding. */
  refreshShards(): void {
    if (this.#shards === "known") this.#shards = "stale";
    this.#pump();
  }

  get #now(): number {
    return this.#settings.clock.now();
  }

  get #full(): boolean {
    return this.#account.counters.bufferedBytes >= this.#settings.bufferedBytesMax;
  }

  #accepted(event: Readonly<Record<string, unknown>>, line?: EventLine): EventLine {
    const { bufferedBytes } = this.#account.counters;
    try {
      if (this.#closed) throw new EventRefused("closed", "expected an open producer, got an event after close()");
      if (bufferedBytes >= 2 * this.#settings.bufferedBytesMax)
        throw new EventRefused(
          "buffer-full",
          `${bufferedBytes} bytes wait for the stream already; await what send() returns`,
        );
      return line ?? eventLine(event);
    } catch (cause) {
      this.#account.counters.refused++;
      throw cause;
    }
  }

  async #settle(limitMs: number | undefined, reason: Omit<DropReason, "inDoubt">): Promise<void> {
    const upTo = this.#account.counters.accepted;
    const settled = this.#account.flushes.wait(upTo);
    this.#pump();
    this.#wake();
    if (limitMs === undefined) return settled;
    const cancel = later(this.#settings.clock, limitMs, () => this.#giveUpTo(upTo, reason));
    try {
      await settled;
    } finally {
      cancel();
    }
  }

  /** Makes every batch due that exists `lingerMs` from now; one timer for all lanes, so that they share requests. */
  #linger(): void {
    this.#endLingering ??= later(this.#settings.clock, this.#settings.lingerMs, () => {
      this.#endLingering = undefined;
      this.#routing.allDue();
      this.#pump();
    });
  }

  /** Sends what can go. Called whenever something may have changed. */
  #pump(): void {
    if (this.#shards === "listing" || this.#account.counters.buffered === 0) return;
    if (this.#shards !== "known") {
      // Nothing may be on its way while events change lanes, or a later one could overtake it.
      if (this.#busyLanes === 0) void this.#list();
      return;
    }
    const hurry = this.#account.flushes.some || this.#full;
    for (const lane of this.#routing.lanes) {
      const batch = lane.batches[0];
      if (batch !== undefined && lane.ready(hurry)) void this.#drive(lane, batch);
    }
  }

  /** One attempt to send the first batch of a lane. */
  async #drive(lane: Lane, batch: Batch): Promise<void> {
    lane.busy = true;
    this.#busyLanes++;
    const sent = await this.#attempt(lane, batch);
    lane.busy = false;
    this.#busyLanes--;
    // All of it was given up meanwhile.
    if (batch.events === 0 || sent === undefined) lane.shift();
    else if (sent.outcome.taken) this.#taken(lane, batch, sent.packed, sent.outcome.shardId);
    else this.#failed(lane, batch, sent.outcome);
    this.#wake();
    this.#pump();
  }

  /** Undefined when there was nothing left to send. */
  async #attempt(lane: Lane, batch: Batch): Promise<{ outcome: Outcome; packed?: PackedBatch } | undefined> {
    while (batch.events > 0) {
      try {
        const packed = lane.packed ?? (await pack(batch, lane.shard, this.#settings.compression));
        // Events were taken out while it was compressed.
        if (packed.revision !== batch.revision) continue;
        lane.packed = packed;
        const outcome = await this.#outbox.deliver(batch, packed);
        if (outcome !== "withdrawn") return { outcome, packed };
      } catch (cause) {
        return { outcome: { ...failureOf(cause), inDoubt: false } };
      }
    }
    return undefined;
  }

  #taken(lane: Lane, batch: Batch, packed: PackedBatch | undefined, shardId: string | undefined): void {
    this.#account.taken(batch, packed?.bytes ?? 0, packed?.record.data.length ?? 0);
    lane.shift();
    lane.failingSinceMs = undefined;
    const moved = shardId !== undefined && shardId !== lane.shard.id;
    if (moved && this.#shards === "known" && this.#now - this.#listedAtMs >= listingIntervalMs) this.#shards = "stale";
  }

  #failed(lane: Lane, batch: Batch, { reason, retry, inDoubt }: Failure): void {
    const { backoff, clock, random, retryForMs } = this.#settings;
    batch.inDoubt ||= inDoubt;
    batch.failure = reason;
    lane.failures++;
    lane.failingSinceMs ??= this.#now;
    const { failures } = lane;
    const detail = retry ? `${reason} (after ${failures} attempts)` : reason;
    const again = retry && failures < backoff.attemptsMax;
    const out = again ? lane.takeExpired(this.#now, retryForMs) : [lane.shift() ?? batch];
    for (const one of out) this.#account.giveUp(one, { code: retry ? "retries-exhausted" : "refused", detail });
    if (out.length > 0) return;
    this.#account.counters.retries++;
    const rest = new AbortController();
    lane.rest = rest;
    void pause(clock, backoffMs(backoff, failures, random), rest.signal).then(() => {
      if (lane.rest === rest) lane.rest = undefined;
      this.#pump();
    });
  }

  /** Lists the shards and routes what waits to them. Without any list nothing can be sent: then all is given up. */
  async #list(): Promise<void> {
    const known = this.#shards === "stale";
    const { backoff } = this.#settings;
    const asking = known
      ? { ...this.#settings, backoff: { ...backoff, attemptsMax: relistingAttemptsMax } }
      : this.#settings;
    this.#shards = "listing";
    this.#listing = new AbortController();
    const found = await findShards(asking, this.#listing.signal);
    if (found instanceof ShardMap) this.#routing.reroute(found);
    else if (found !== undefined && !known) {
      const code = found.retry ? "retries-exhausted" : "refused";
      this.#giveUpTo(Number.POSITIVE_INFINITY, { code, detail: `its shards could not be listed: ${found.reason}` });
    }
    this.#shards = found instanceof ShardMap || known ? "known" : "unknown";
    this.#listedAtMs = this.#now;
    // They have waited long enough for the list.
    this.#routing.allDue();
    this.#wake();
    this.#pump();
  }

  /** Gives up whatever is not settled of the events up to a serial number. */
  #giveUpTo(upTo: number, reason: Omit<DropReason, "inDoubt">): void {
    const out = this.#routing.lanes.flatMap((lane) => lane.takeOut(upTo));
    this.#outbox.withdraw();
    for (const batch of out) {
      const said = batch.failure === undefined ? "" : `, last answer: ${batch.failure}`;
      this.#account.giveUp(batch, { ...reason, detail: `${reason.detail}${said}` });
    }
    if (this.#account.counters.buffered === 0) this.#listing.abort();
    this.#wake();
    this.#pump();
  }

  /** Tells those who wait for room or for the end of a flush. */
  #wake(): void {
    if (!this.#full) for (const resume of this.#waitingForRoom.splice(0)) resume();
    if (this.#account.flushes.some) this.#account.flushes.settle(this.#routing.firstSerial);
  }
}

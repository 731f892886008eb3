import { Account, type ProducerCounters } from "./account.ts";
import { backoffMs } from "./backoff.ts";
import type { Batch } from "./batch.ts";
import { compress } from "./compression.ts";
import { eventLine } from "./event-line.ts";
import type { Lane } from "./lane.ts";
import { Outbox } from "./outbox.ts";
import { partitionKey } from "./partition-key.ts";
import { failureOf, type Outcome } from "./put-records.ts";
import { Routing } from "./routing.ts";
import { type ProducerOptions, type Settings, settingsOf } from "./settings.ts";
import { listShards } from "./shard-list.ts";

/**
 * A record in another shard than expected means a resharding, but where the stream itself chooses the shards (record
 * distribution AUTO) it means nothing: so the shards are listed at most this often for it, in milliseconds.
 */
const listingIntervalMs = 1_000;

/**
 * Packs events into Kinesis records: NDJSON, compressed, each record with events of one shard's persons only, each
 * person's events in the order they were sent. Memory is bounded as long as callers wait when `send` asks them to.
 */
export class Producer {
  readonly #settings: Settings;
  readonly #routing: Routing;
  readonly #outbox: Outbox;
  readonly #account = new Account();
  #shards: "unknown" | "stale" | "listing" | "known" = "unknown";
  #listedAtMs = Number.NEGATIVE_INFINITY;
  /** Lanes with a record on its way. */
  #busyLanes = 0;
  #lingering = false;
  #closed = false;
  #flushes: PromiseWithResolvers<void>[] = [];
  #waitingForRoom: (() => void)[] = [];

  /** Throws a RangeError for an option out of its range. */
  constructor(options: ProducerOptions) {
    this.#settings = settingsOf(options);
    this.#routing = new Routing(this.#settings);
    this.#outbox = new Outbox(this.#settings);
  }

  get counters(): Readonly<ProducerCounters> {
    this.#account.counters.requests = this.#outbox.requests;
    return this.#account.counters;
  }

  /**
   * Accepts an event. Returns a promise when the buffer is full: await it before sending more. Throws EventRefused when
   * the event is no JSON object or over 32 KiB. Whether the stream took it is told by `flush`.
   */
  send(event: Record<string, unknown>): Promise<void> | undefined {
    if (this.#closed) throw new Error("expected an open producer, got an event after close()");
    const line = this.#line(event);
    const key = partitionKey(event);
    // One more for the line end.
    this.#account.accept(line.bytes + 1);
    if (this.#routing.add(line, key)) {
      this.#linger();
      if (this.#shards !== "known" || this.#routing.crowded(key)) this.#pump();
    }
    if (!this.#full) return undefined;
    this.#pump();
    return new Promise((resolve) => this.#waitingForRoom.push(resolve));
  }

  /**
   * Resolves when all accepted events are settled, those sent meanwhile included. Rejects with EventsNotTaken when some
   * were given up since the last flush: how many, and why.
   */
  async flush(): Promise<void> {
    if (this.#account.counters.buffered === 0) {
      const failure = this.#account.failure(this.#settings.streamName);
      if (failure !== undefined) throw failure;
      return;
    }
    const settled = Promise.withResolvers<void>();
    this.#flushes.push(settled);
    this.#pump();
    await settled.promise;
  }

  /** Flushes, and takes no more events. The client stays open: it is the caller's. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  /** Lists the shards anew before the next record goes out, for a caller who knows of a resharding. */
  refreshShards(): void {
    if (this.#shards === "known") this.#shards = "stale";
    this.#pump();
  }

  get #full(): boolean {
    return this.#account.counters.bufferedBytes >= this.#settings.bufferedBytesMax;
  }

  #line(event: Record<string, unknown>): ReturnType<typeof eventLine> {
    try {
      return eventLine(event);
    } catch (cause) {
      this.#account.counters.refused++;
      throw cause;
    }
  }

  /** Makes every batch due that exists `lingerMs` from now; one timer for all lanes, so that they share requests. */
  #linger(): void {
    if (this.#lingering) return;
    this.#lingering = true;
    void this.#settings.clock.sleep(this.#settings.lingerMs).then(() => {
      this.#lingering = false;
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
    const hurry = this.#flushes.length > 0 || this.#full;
    for (const lane of this.#routing.lanes) {
      const batch = lane.batches[0];
      if (batch !== undefined && lane.ready(hurry)) void this.#drive(lane, batch);
    }
  }

  /** One attempt to send the first batch of a lane. */
  async #drive(lane: Lane, batch: Batch): Promise<void> {
    lane.busy = true;
    this.#busyLanes++;
    const outcome = await this.#attempt(lane, batch);
    lane.busy = false;
    this.#busyLanes--;
    if (outcome.taken) this.#taken(lane, batch, outcome.shardId);
    else this.#failed(lane, batch, outcome.reason, outcome.retry);
    this.#wake();
    this.#pump();
  }

  async #attempt(lane: Lane, batch: Batch): Promise<Outcome> {
    try {
      lane.packed ??= {
        data: await compress[this.#settings.compression](batch.toBuffer()),
        partitionKey: batch.keys[0] ?? "",
        explicitHashKey: lane.shard.firstHash.toString(),
      };
    } catch (cause) {
      return failureOf(cause);
    }
    return this.#outbox.deliver(lane.packed);
  }

  #taken(lane: Lane, batch: Batch, shardId: string | undefined): void {
    this.#account.taken(batch, lane.packed?.data.length ?? 0);
    lane.shift();
    const moved = shardId !== undefined && shardId !== lane.shard.id;
    const { clock } = this.#settings;
    if (moved && this.#shards === "known" && clock.now() - this.#listedAtMs >= listingIntervalMs)
      this.#shards = "stale";
  }

  #failed(lane: Lane, batch: Batch, reason: string, retry: boolean): void {
    const { backoff, clock, random } = this.#settings;
    lane.failures++;
    if (!retry || lane.failures >= backoff.attemptsMax) {
      this.#account.giveUp(batch, retry ? `${reason} (after ${lane.failures} attempts)` : reason);
      lane.shift();
      return;
    }
    this.#account.counters.retries++;
    lane.resting = true;
    void clock.sleep(backoffMs(backoff, lane.failures, random)).then(() => {
      lane.resting = false;
      this.#pump();
    });
  }

  /** Lists the shards and routes what waits to them. Without any list nothing can be sent: then all is given up. */
  async #list(): Promise<void> {
    const { client, streamName, requestTimeoutMs, backoff, clock, random } = this.#settings;
    const known = this.#shards === "stale";
    this.#shards = "listing";
    for (let attempt = 1; ; attempt++) {
      try {
        this.#routing.reroute(await listShards(client, streamName, requestTimeoutMs));
        this.#shards = "known";
        break;
      } catch (cause) {
        const failure = failureOf(cause);
        if (failure.retry && attempt < backoff.attemptsMax) {
          await clock.sleep(backoffMs(backoff, attempt, random));
          continue;
        }
        this.#shards = known ? "known" : "unknown";
        if (!known) this.#giveUpAll(`its shards could not be listed: ${failure.reason}`);
        break;
      }
    }
    this.#listedAtMs = clock.now();
    // They have waited long enough for the list.
    this.#routing.allDue();
    this.#wake();
    this.#pump();
  }

  #giveUpAll(reason: string): void {
    for (const lane of this.#routing.lanes) {
      for (const batch of lane.batches.splice(0)) this.#account.giveUp(batch, reason);
    }
  }

  /** Tells those who wait for room or for the end of a flush. */
  #wake(): void {
    if (!this.#full) for (const resume of this.#waitingForRoom.splice(0)) resume();
    if (this.#account.counters.buffered > 0 || this.#flushes.length === 0) return;
    const failure = this.#account.failure(this.#settings.streamName);
    for (const { resolve, reject } of this.#flushes.splice(0)) failure === undefined ? resolve() : reject(failure);
  }
}

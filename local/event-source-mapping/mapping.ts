import { lambdaPayloadBytesMax } from "../../lib/limits.ts";
import type { RetryDelay } from "./batch/retry-delay.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { eventWriter } from "./invocation/kinesis-event.ts";
import type { MappingEnvironment } from "./mapping-environment.ts";
import { type MappingMetrics, mappingMetrics } from "./mapping-metrics.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { readableShards } from "./reading/lineage.ts";
import type { Position, ShardInfo } from "./reading/stream-reader.ts";
import { type PollerParts, ShardPoller } from "./shard-poller.ts";
import { ShardProgress, type ShardStatus } from "./shard-progress.ts";
import { type Switches, switchedDelay, switchesWith } from "./switches.ts";

/** Why a wait ends. Without a reason each abort would make an exception that nobody sees, which costs more than all else. */
const stopped = "stopped";

/** What Lambda does not let one set, or does not document. */
export interface MappingPace {
  /** Between reads of a shard that has nothing more; Lambda's base rate is once a second. */
  readonly pollIntervalMs?: number;
  /** Between looks for new shards, beside the one when a shard ends. */
  readonly listIntervalMs?: number;
  /** Instead of what the switches stand for. */
  readonly retryDelay?: RetryDelay;
  /** What AWS leaves open; the defaults of the table where not given. */
  readonly switches?: Partial<Switches>;
  /** How often that happens which a switch says may happen, 0 to 1; 0.1 where not given. */
  readonly chance?: number;
  /** Where pollers may be lost: the longest before another takes their records up; a second where not given. */
  readonly lostAfterMs?: number;
  /** Where recent records may come again: how many at most; 1,000 where not given. */
  readonly redeliveryRecordsMax?: number;
  /** Records older than this have expired in the stream, and are given up like those over their maximum age. */
  readonly streamRetentionHours?: number;
  readonly payloadBytesMax?: number;
  /** The role in each record; the function's. */
  readonly roleArn?: string;
}

/** A Kinesis event source mapping. */
export interface Mapping {
  /** Runs until the signal aborts; invocations under way are awaited. Rejects only if the engine itself is at fault. */
  run(signal: AbortSignal): Promise<void>;
  /** One entry for each listed shard that is read or is still to be read, and the last ended ones. */
  status(): ShardStatus[];
  /** Disabling pauses and keeps the checkpoints; records of an unfinished batch come again. */
  setEnabled(enabled: boolean): void;
}

/** Throws if a switch has no such setting, or if there is nothing to send to the mapping's destination with. */
export function createMapping(
  settings: MappingSettings,
  environment: MappingEnvironment,
  pace: MappingPace = {},
): Mapping {
  const { onFailure } = settings;
  if (onFailure !== undefined && onFailure.kind !== "s3" && environment.destination.send === undefined) {
    throw new Error(`Expected a destination that can send to ${onFailure.arn}, got one for objects in S3 only`);
  }
  return new KinesisMapping(settings, environment, pace);
}

/** The name under which the checkpoint of all shards that have none of their own is kept. */
const wholeMapping = "*";
const never = Number.POSITIVE_INFINITY;

class KinesisMapping implements Mapping {
  readonly #settings: MappingSettings;
  readonly #environment: MappingEnvironment;
  readonly #pace: MappingPace;
  readonly #switches: Switches;
  readonly #metrics: MappingMetrics;
  readonly #abandoned = new Set<Promise<unknown>>();
  readonly #shards = new Map<string, ShardProgress>();
  #enabled: boolean;
  /** Ends the present run of shards, or the present pause. */
  #turn = new AbortController();

  constructor(settings: MappingSettings, environment: MappingEnvironment, pace: MappingPace) {
    this.#settings = settings;
    this.#environment = environment;
    this.#pace = pace;
    this.#switches = switchesWith(pace.switches);
    this.#metrics = mappingMetrics(settings, environment.metrics);
    this.#enabled = settings.enabled;
  }

  setEnabled(enabled: boolean): void {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    this.#turn.abort(stopped);
  }

  status(): ShardStatus[] {
    const now = this.#environment.clock.now();
    return [...this.#shards.values()].map((progress) => progress.status(now));
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const turn = new AbortController();
      this.#turn = turn;
      const stop = () => turn.abort(stopped);
      signal.addEventListener("abort", stop, { once: true });
      try {
        if (this.#enabled) await this.#readShards(turn);
        else await aborted(turn.signal);
      } finally {
        signal.removeEventListener("abort", stop);
      }
    }
  }

  async #readShards(turn: AbortController): Promise<void> {
    const reading = new Map<string, Promise<void>>();
    let wake = new AbortController();
    let fault: { readonly error: unknown } | undefined;
    turn.signal.addEventListener("abort", () => wake.abort(stopped), { once: true });
    while (!turn.signal.aborted) {
      wake = new AbortController();
      const found = await this.#lookForShards();
      for (const [shardId, start] of found ?? []) {
        if (reading.has(shardId) || turn.signal.aborted) continue;
        const read = this.#readShard(shardId, start, turn.signal)
          .catch((error: unknown) => {
            fault ??= { error };
            turn.abort(stopped);
          })
          .finally(() => {
            reading.delete(shardId);
            wake.abort(stopped);
          });
        reading.set(shardId, read);
      }
      // Soon again if there was nothing to read yet: a stream takes its time to come into being.
      const soon = found === undefined || this.#shards.size === 0;
      const ms = soon ? this.#pollIntervalMs : (this.#pace.listIntervalMs ?? 30_000);
      if (!turn.signal.aborted) await this.#environment.clock.sleep(ms, wake.signal);
    }
    await Promise.all(reading.values());
    await Promise.all(this.#abandoned);
    if (fault !== undefined) throw fault.error;
  }

  /** The shards that can be read now, and from where; undefined if the stream or the checkpoints cannot be reached. */
  async #lookForShards(): Promise<Map<string, Position> | undefined> {
    const { reader, checkpoints, problem } = this.#environment;
    try {
      const shards = await reader.listShards();
      const known = await this.#settleLatest(await checkpoints.load());
      this.#note(shards, known);
      // What was just loaded may be older than what a shard that ended meanwhile has left.
      const ended = (shardId: string) =>
        known.get(shardId)?.kind === "ended" || this.#shards.get(shardId)?.state === "ended";
      const readable = readableShards(shards, ended);
      return new Map(readable.map((shardId) => [shardId, this.#start(shardId, known)]));
    } catch (error) {
      problem?.(`the shards of ${this.#settings.streamArn} could not be listed: ${String(error)}`);
      return undefined;
    }
  }

  /**
   * LATEST becomes the present moment, and is kept before anything is read: were it asked again after a restart,
   * records in between would be missed. It is kept once and not by shard, so that nothing can fail half-way; a shard
   * that is met later began after that moment, and is read whole.
   */
  async #settleLatest(known: ReadonlyMap<string, Checkpoint>): Promise<ReadonlyMap<string, Checkpoint>> {
    if (this.#settings.startingPosition.kind !== "latest" || known.size > 0) return known;
    const now: Checkpoint = { kind: "at-timestamp", ms: this.#environment.clock.now() };
    await this.#environment.checkpoints.save(wholeMapping, now);
    return new Map([[wholeMapping, now]]);
  }

  #start(shardId: string, known: ReadonlyMap<string, Checkpoint>): Position {
    const checkpoint = known.get(shardId);
    if (checkpoint !== undefined && checkpoint.kind !== "ended") return checkpoint;
    const { startingPosition } = this.#settings;
    if (startingPosition.kind !== "latest") return startingPosition;
    const began = known.get(wholeMapping);
    return began === undefined || began.kind === "ended" ? { kind: "trim-horizon" } : began;
  }

  #note(shards: readonly ShardInfo[], known: ReadonlyMap<string, Checkpoint>): void {
    const listed = new Set(shards.map((shard) => shard.shardId));
    for (const [shardId, progress] of this.#shards) {
      if (!listed.has(shardId) && progress.state !== "reading") this.#shards.delete(shardId);
    }
    for (const shardId of listed) {
      const checkpoint = known.get(shardId);
      const progress = this.#shards.get(shardId) ?? new ShardProgress(shardId, checkpoint);
      this.#shards.set(shardId, progress);
      // Another process may have read it to its end.
      if (checkpoint?.kind === "ended" && progress.state !== "reading") progress.end(checkpoint);
    }
  }

  async #readShard(shardId: string, start: Position, signal: AbortSignal): Promise<void> {
    const settings = this.#settings;
    const progress = this.#shards.get(shardId) ?? new ShardProgress(shardId, undefined);
    const origin = { streamArn: settings.streamArn, invokeIdentityArn: this.#pace.roleArn ?? settings.functionArn };
    progress.state = "reading";
    const switches = this.#switches;
    const parts: PollerParts = {
      settings,
      environment: this.#environment,
      switches,
      chance: this.#pace.chance ?? 0.1,
      lostAfterMs: this.#pace.lostAfterMs ?? 1_000,
      redeliveryRecordsMax: this.#pace.redeliveryRecordsMax ?? 1_000,
      abandoned: this.#abandoned,
      retryDelay: this.#pace.retryDelay ?? switchedDelay(switches),
      metrics: this.#metrics,
      shardId,
      writer: eventWriter(origin, shardId, switches.missingPartitionKey),
      payloadBytesMax: this.#pace.payloadBytesMax ?? lambdaPayloadBytesMax,
      recordAgeMsMax: settings.maximumRecordAgeSeconds < 0 ? never : settings.maximumRecordAgeSeconds * 1000,
      retentionMsMax: (this.#pace.streamRetentionHours ?? never) * 3_600_000,
      progress,
      pollIntervalMs: this.#pollIntervalMs,
    };
    progress.state = (await new ShardPoller(parts, start, signal).run()) ? "ended" : "stopped";
  }

  get #pollIntervalMs(): number {
    return this.#pace.pollIntervalMs ?? 1_000;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

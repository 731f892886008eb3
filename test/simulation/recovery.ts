import { ExpiredIteratorException } from "@aws-sdk/client-kinesis";
import type { Outcome } from "../../lib/invoke.ts";
import { eventOf } from "../../lib/recovery/isolate/kinesis-event.ts";
import type { Preview } from "../../lib/recovery/isolate/preview.ts";
import type { RollUpFunction } from "../../lib/recovery/isolate/roll-up-function.ts";
import type { RedrivePorts } from "../../lib/recovery/redrive/redrive.ts";
import type { RecordPlace } from "../../lib/recovery/skip/skip.ts";
import type { LostPromise, SweepOptions, SweepPorts } from "../../lib/recovery/sweep.ts";
import type { Batch } from "../../lib/stream/batch.ts";
import { covers } from "../../lib/stream/range.ts";
import type { InvokeOutcome } from "../../local/lambda/invoke-outcome.ts";
import { servicesOf } from "./called-services.ts";
import { allowedLatenessMs } from "./deployment.ts";
import type { Fate } from "./plan.ts";
import { Process } from "./process.ts";
import type { Product } from "./product.ts";
import { Random } from "./random.ts";
import { sequenceNumbersOf } from "./remains.ts";
import type { World } from "./world.ts";

export type Recovering = "sweep" | "redrive" | "gaps" | "write-off";

type RecoveryOptions = Pick<SweepOptions, "dryRun" | "acceptLate" | "deadlineMs">;
type RecoveryPorts = SweepPorts & RedrivePorts & Parameters<Product["fillGaps"]>[0];

/** As their connections have it. */
const throttledMsMax = 60_000;
/** The longest that Lambda lets a function run, as the template has it for both. */
const limitMs = 900_000;
const fine: Fate = { faults: [], outlivesLimit: false };

/** Sweep, redrive and the command that skips a record: the real code, each time in a process of its own. */
export class Recovery {
  readonly #world: World;
  readonly #random: Random;
  #processes = 0;
  /** What ends each schedule. */
  readonly #schedules = new Map<Recovering, () => void>();
  /** Whether the last look for gaps left some, for another try. */
  leavesGaps = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.plan.chance, 5);
  }

  /** Runs both for ever, as the template's schedules do. `everyMs`: less often, where nothing else happens. */
  startSchedules(everyMs?: number): void {
    const { sweepAtMs, sweepEveryMs, redriveAtMs, redriveEveryMs } = this.#world.plan.surroundings;
    for (const cancel of this.#schedules.values()) cancel();
    this.#every("sweep", sweepAtMs, everyMs ?? sweepEveryMs);
    this.#every("redrive", redriveAtMs, everyMs ?? redriveEveryMs);
  }

  /** Resolves when it has answered or failed; never, where it dies. */
  start(what: Recovering, fate: Fate = fine): Promise<void> {
    const { world, process } = this.#begin(what, fate);
    const { clock } = world;
    // In the end somebody decides about what the store takes no more.
    const options = { dryRun: false, acceptLate: world.isOver, deadlineMs: process.clock.now() + limitMs };
    // A command has all the time it needs.
    const cancel = clock.at(limitMs, () => {
      if (!fate.outlivesLimit && what !== "gaps") process.die();
    });
    const running = this.#run(what, process, options);
    return running.then(
      (report) => {
        cancel();
        world.trace?.(`${process.name} answers: ${JSON.stringify(report)}`);
      },
      (error: Error) => {
        cancel();
        world.trace?.(`${process.name} fails: ${error.name}: ${error.message}`);
        // However long a tool takes to have counted what it has read, it can go on.
        const isSlow = fate.faults.every(({ call }) => call === "roll-up.run");
        if (isSlow && error instanceof ExpiredIteratorException) world.wrong(`${process.name} ends with its iterator`);
      },
    );
  }

  /** On-call skips a record; nothing limits the time that a command takes. */
  skip(place: Omit<RecordPlace, "streamName">, fate: Fate = fine): void {
    const { world, process } = this.#begin("skip", fate);
    world.product.skipByHand({ streamName: world.streamName, ...place }, this.#ports(process)).then(
      ({ kind }) => world.trace?.(`${process.name} says that ${place.sequenceNumber} is ${kind}`),
      (error: Error) => world.trace?.(`${process.name} fails: ${error.name}: ${error.message}`),
    );
  }

  #every(what: Recovering, afterMs: number, everyMs: number): void {
    const cancel = this.#world.clock.at(afterMs, () => {
      void this.start(what);
      this.#every(what, everyMs, everyMs);
    });
    this.#schedules.set(what, cancel);
  }

  #begin(what: string, fate: Fate): { world: World; process: Process } {
    const process = new Process(`${what}${this.#processes++}`, this.#world.around);
    process.begin(fate.faults, () => {});
    return { world: this.#world, process };
  }

  #run(what: Recovering, process: Process, options: RecoveryOptions): Promise<unknown> {
    const ports = this.#ports(process);
    switch (what) {
      case "sweep":
        return this.#sweep(ports, options);
      case "write-off":
        return this.#sweep(ports, { ...options, writeOff: true });
      case "redrive":
        return this.#redrive(ports, options);
      case "gaps":
        return this.#fillGaps(ports);
      default:
        throw what satisfies never;
    }
  }

  async #fillGaps(ports: RecoveryPorts) {
    const world = this.#world;
    const { clock } = world;
    // What came a minute ago is still on its way. Who looks while all goes on asks for the last minutes.
    const fromMs = world.isOver ? world.knownSinceMs : clock.now() - this.#random.below(1_800_000);
    const range = { fromMs, toMs: clock.now() - 60_000 };
    // Who fails is asked again.
    this.leavesGaps = true;
    const report = await world.product.fillGaps(ports, { ...range, dryRun: false, acceptLate: world.isOver });
    this.leavesGaps = report.gaps.some(({ why }) => why !== undefined);
    for (const { records, why } of report.gaps) if (why === undefined) world.meet("records in gaps", records);
    return report;
  }

  async #sweep(ports: SweepPorts, options: SweepOptions) {
    const before = options.writeOff === true ? this.#available() : new Set<string>();
    const report = await this.#world.product.sweep(ports, options);
    const after = options.writeOff === true ? this.#available() : before;
    for (const promise of report.lost.filter(({ writtenOff }) => writtenOff)) {
      const there = this.#recordsOf(promise).filter((each) => before.has(each) && after.has(each));
      if (there.length === promise.records) this.#world.wrong(`part ${promise.part} was written off, and is there`);
    }
    for (const { writtenOff } of report.lost) this.#world.meet(writtenOff ? "promises written off" : "promises lost");
    for (const _ of report.skipped) this.#world.meet("records found to kill");
    for (const _ of report.kept) this.#world.meet("promises kept by sweep");
    return report;
  }

  /** Sequence numbers, which are of all the stream here, that the stream or the bucket has. */
  #available(): Set<string> {
    const { stream, bucket } = this.#world;
    const kept = stream.shards.flatMap((shard) => stream.kept(shard).map(({ sequenceNumber }) => sequenceNumber));
    return new Set([...kept, ...sequenceNumbersOf([...bucket.failures.values()])]);
  }

  #recordsOf({ shardId, firstSequence, lastSequence }: LostPromise): string[] {
    const range = { firstSequence, lastSequence };
    return this.#world.stream
      .shard(shardId)
      .records.map(({ sequenceNumber }) => sequenceNumber)
      .filter((sequenceNumber) => covers(range, sequenceNumber));
  }

  async #redrive(ports: RedrivePorts, options: RecoveryOptions) {
    const report = await this.#world.product.redrive(ports, options);
    for (const _ of report.skipped) this.#world.meet("records found to kill");
    for (let n = 0; n < report.redriven; n++) this.#world.meet("batches redriven");
    return report;
  }

  #ports(process: Process): RecoveryPorts {
    const { outside, product, streamName, plan } = this.#world;
    const { ledger, stream, failures } = servicesOf(outside, product, process, throttledMsMax);
    return {
      streamName,
      shards: stream,
      shardLists: [stream, { shardIds: () => ledger.shardIds(streamName) }],
      ledger,
      stream,
      failures,
      rollUp: this.#rollUp(process),
      clock: process.clock,
      reach: { reachMs: plan.surroundings.memoryStoreHours * 3_600_000, allowedLatenessMs },
    };
  }

  /** As the Invoke API answers, and its adapter tells outcomes apart. */
  #rollUp(process: Process): RollUpFunction {
    const invoke = async (name: "run" | "preview", batch: Batch, takenFromMs?: number): Promise<Outcome<unknown>> => {
      const preview = name === "preview" ? { preview: true, takenFromMs } : {};
      const payload = JSON.stringify({ ...preview, ...eventOf(batch) });
      if (Buffer.byteLength(payload) > this.#world.plan.surroundings.payloadBytesMax) return { kind: "too-large" };
      try {
        const outcome = await process.call({
          name: `roll-up.${name}`,
          about: () => `${batch.records.length} records of ${batch.shardId}`,
          run: () => this.#world.function.invoke(payload, !this.#world.isOver),
          error: () => new Error("Lambda does not answer"),
          shown: ({ kind }) => kind,
        });
        return outcomeOf(outcome);
      } catch (error) {
        return { kind: "refused", why: String(error) };
      }
    };
    return {
      run: (batch) => invoke("run", batch),
      preview: async (batch, takenFromMs) => (await invoke("preview", batch, takenFromMs)) as Outcome<Preview>,
    };
  }
}

function outcomeOf(outcome: InvokeOutcome): Outcome<unknown> {
  switch (outcome.kind) {
    case "ok":
      return { kind: "done", answer: JSON.parse(outcome.payload) };
    case "function-error":
      return { kind: outcome.handled ? "threw" : "died", why: outcome.errorType };
    default:
      return { kind: "refused", why: outcome.kind };
  }
}

import type { PreviewEvent } from "../../handlers/middleware/answer-preview.ts";
import type { Definitions } from "../../lib/config/definitions.ts";
import { rollUpTimeoutSeconds } from "../../lib/limits.ts";
import type { Ports } from "../../lib/roll-up/ports.ts";
import type { Batch } from "../../lib/stream/batch.ts";
import type { StreamRecord } from "../../lib/stream/stream-record.ts";
import type { InvokeOutcome } from "../../local/lambda/invoke-outcome.ts";
import { type Outside, servicesOf } from "./called-services.ts";
import { deadly } from "./deadly.ts";
import { deployedName } from "./deployment.ts";
import type { Fate } from "./plan.ts";
import { Process, type ProcessSurroundings } from "./process.ts";
import type { Product } from "./product.ts";
import type { SimulatedStream } from "./stream.ts";
import { firstUncommitted } from "./uncommitted.ts";

export interface FunctionParts {
  readonly product: Product;
  readonly around: ProcessSurroundings;
  readonly outside: Outside;
  readonly stream: SimulatedStream;
  readonly wrong: (what: string) => void;
  /** See `Ports.agedAfterMs`. */
  readonly agedAfterMs: number;
}

type PreviewFields = Pick<PreviewEvent, "preview" | "takenFromMs">;

/** A process with what it keeps warm. */
interface Container {
  readonly process: Process;
  readonly definitions: Definitions;
  readonly ports: Ports;
}

const limitMs = rollUpTimeoutSeconds * 1_000;
/** As the handler keeps back, to fail with an error of its own. */
const reserveMs = 5_000;
const crashed = { kind: "function-error", errorType: "Runtime.ExitError", handled: false } as const;
const fine: Fate = { faults: [], outlivesLimit: false };

/** The roll-up as Lambda runs it: the real code, in processes that take one invocation at a time, stay warm, and die. */
export class SimulatedFunction {
  readonly #parts: FunctionParts;
  #definitions: Definitions;
  #idle: Container[] = [];
  #processes = 0;
  /** Of the next invocations, one each. */
  readonly fates: Fate[] = [];
  /** Invocations that will not be let in. */
  throttles = 0;
  /** Invocations that ran. */
  invocations = 0;

  constructor(parts: FunctionParts, definitions: Definitions) {
    this.#parts = parts;
    this.#definitions = definitions;
  }

  /** `mixed`: idle processes of before stay. */
  deploy(definitions: Definitions, mixed: boolean): void {
    this.#definitions = definitions;
    if (!mixed) this.#idle = [];
  }

  /** `inReach`: the caller has checked that the store still takes its rows. */
  async invoke(payload: string, inReach = false): Promise<InvokeOutcome> {
    if (this.throttles > 0) {
      this.throttles--;
      return { kind: "throttled" };
    }
    this.invocations++;
    const event = JSON.parse(payload) as Parameters<Product["batchOf"]>[0] & PreviewFields;
    if (event.preview === true) return this.#preview(event);
    const container = this.#container();
    const batch = this.#delivered(container, event);
    const fate = this.fates.shift() ?? fine;
    if (!inReach) return new Promise((resolve) => this.#run(container, batch, fate, resolve));
    return this.#runInReach(container, batch, fate);
  }

  /** Events that are late only now were in the stream or the bucket, and could have waited for a longer reach. */
  async #runInReach(container: Container, batch: Batch, fate: Fate): Promise<InvokeOutcome> {
    const { process } = container;
    process.sawAged = false;
    const outcome = await new Promise<InvokeOutcome>((resolve) => this.#run(container, batch, fate, resolve));
    if (process.sawAged) this.#parts.wrong(`a tool had ${shownBatch(batch)} counted, which the store takes no more`);
    return outcome;
  }

  /** As its middleware has it. A process that nothing is wrong with but what it is given. */
  #preview(event: Parameters<Product["batchOf"]>[0] & PreviewFields): InvokeOutcome {
    const { product } = this.#parts;
    if (event.Records.length === 0) return { kind: "ok", payload: JSON.stringify(product.emptyPreview) };
    const container = this.#container();
    container.process.begin([], () => {});
    const { records } = this.#delivered(container, event);
    try {
      const preview = product.previewOf(records, container.definitions, event.takenFromMs);
      container.process.freeze();
      this.#idle.push(container);
      return { kind: "ok", payload: JSON.stringify(preview) };
    } catch (error) {
      if (container.process.isDead) return { ...crashed, errorMessage: "exited" };
      throw error;
    }
  }

  /** The batch of an event, as this process finds it. */
  #delivered(container: Container, event: Parameters<Product["batchOf"]>[0]): Batch {
    const batch = this.#parts.product.batchOf(event);
    return { ...batch, records: this.#inProcess(container, batch.records) };
  }

  /** Records that end this process are such that whoever takes one apart is dead. */
  #inProcess({ process, definitions }: Omit<Container, "ports">, records: readonly StreamRecord[]): StreamRecord[] {
    const { killers } = this.#parts.stream;
    if (killers.size === 0) return [...records];
    return records.map((record) => {
      const kills = killers.get(record.sequenceNumber);
      if (kills === undefined || (kills !== "always" && kills !== deployedName(definitions))) return record;
      return { ...record, data: deadly(record.data, () => process.die()) };
    });
  }

  #run(container: Container, batch: Batch, fate: Fate, answer: (outcome: InvokeOutcome) => void): void {
    const { process, definitions, ports } = container;
    const { product, around } = this.#parts;
    const { clock, trace } = around;
    trace?.(`${process.name} is invoked with ${shownBatch(batch)} under definitions ${definitions.hash}`);
    let isOver = false;
    const cancelLimit = clock.at(limitMs, () => {
      isOver = true;
      around.met("time-outs");
      trace?.(`${process.name} has run out of time${fate.outlivesLimit ? ", and goes on" : ""}`);
      answer({ ...crashed, errorType: "Sandbox.Timedout", errorMessage: "timed out" });
      if (!fate.outlivesLimit) process.die();
    });
    process.begin(fate.faults, () => {
      cancelLimit();
      answer({ ...crashed, errorMessage: "exited" });
    });
    const end = (outcome: InvokeOutcome): void => {
      cancelLimit();
      if (isOver || process.isDead) return;
      process.freeze();
      this.#idle.push(container);
      answer(outcome);
    };
    product.rollUp(batch, definitions, ports, { deadlineMs: process.clock.now() + limitMs - reserveMs }).then(
      (report) => {
        trace?.(`${process.name} answers: ${report.parts.length} parts, ${report.conflicts} conflicts`);
        if (report.conflicts > 0) around.met("conflicts");
        if (report.promisesKept > 0) around.met("promises kept");
        this.#acknowledged(batch);
        end({ kind: "ok", payload: "null" });
      },
      (error: Error) => {
        if (process.isDead) return;
        trace?.(`${process.name} fails: ${error.name}: ${error.message}`);
        end({ kind: "function-error", errorType: error.name, errorMessage: error.message, handled: true });
      },
    );
  }

  /** Acknowledged means committed. */
  #acknowledged(batch: Batch): void {
    const missing = firstUncommitted(this.#parts.outside.ledger, batch);
    if (missing !== undefined) this.#parts.wrong(`${missing} was acknowledged and is in no committed part`);
  }

  /** An idle process, any of them, or a new one. */
  #container(): Container {
    const { random } = this.#parts.around;
    if (this.#idle.length > 0 && random.chance(0.9)) {
      const [container] = this.#idle.splice(random.below(this.#idle.length), 1);
      if (container !== undefined) return container;
    }
    const process = new Process(`p${this.#processes++}`, this.#parts.around);
    const definitions = this.#definitions;
    return { process, definitions, ports: this.#ports(process, definitions) };
  }

  #ports(process: Process, definitions: Definitions): Ports {
    const { product, outside } = this.#parts;
    const { ledger, store, quarantine, stream } = servicesOf(outside, product, process);
    const read: typeof stream.read = async (shardId, first, last, count) =>
      this.#inProcess({ process, definitions }, await stream.read(shardId, first, last, count));
    return {
      ledger,
      memory: new product.DuplicateMemory(ledger),
      store,
      quarantine,
      stream: { read, ancestry: (shardId) => stream.ancestry(shardId) },
      clock: process.clock,
      agedAfterMs: this.#parts.agedAfterMs,
    };
  }
}

const shownBatch = ({ shardId, records }: Batch): string =>
  `${records.length} of ${shardId} [${records[0]?.sequenceNumber}..${records.at(-1)?.sequenceNumber}]`;

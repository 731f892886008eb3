import type { Clock } from "../../local/clock.ts";
import type { SimulatedClock } from "./clock.ts";
import type { CallFault, CallName, Service } from "./plan.ts";
import type { Random } from "./random.ts";

/** What all processes share: time, what is down, how slow calls are, and who sleeps till the end. */
export interface ProcessSurroundings {
  readonly clock: SimulatedClock;
  readonly random: Random;
  /** How far the clock of a process may be off, either way. */
  readonly clockOffMs: number;
  readonly slowShare: number;
  readonly slowMs: number;
  /** How long a service that is down takes to say so; undefined while it is up. */
  readonly downFor: (service: Service) => number | undefined;
  /** Processes that sleep until the very end. */
  readonly sleepers: (() => void)[];
  /** Counts what was met, by name. */
  readonly met: (what: string) => void;
  readonly trace: ((line: string) => void) | undefined;
}

/** A call of a process to something outside. */
export interface Call<T> {
  readonly name: CallName;
  /** For the trace: with what. */
  readonly about: () => string;
  readonly run: () => Promise<T>;
  /** The error of a service that does not answer; of one that refuses for now. */
  readonly error: (refused: boolean) => Error;
  /** What the client does where an answer is lost and there is time: asks again. It gives up where this is not there. */
  readonly askedAgain?: () => Promise<T>;
  readonly shown?: (result: T) => string;
}

const never = <T>(): Promise<T> => new Promise(() => {});

/**
 * A process that runs one invocation at a time, and all of whose calls to the outside pass here. A dead one never hears
 * of anything again. One that has answered stands still until its next invocation, as Lambda freezes it.
 */
export class Process {
  readonly name: string;
  /** As the process reads it: it differs from the others' by minutes. */
  readonly clock: Clock;
  /** Whether the store refused a row of this process for its age. */
  sawAged = false;
  readonly #around: ProcessSurroundings;
  #faults: readonly CallFault[] = [];
  #counts = new Map<string, number>();
  #dead = false;
  #frozen = false;
  #thawed: (() => void)[] = [];
  #onDeath: () => void = () => {};

  constructor(name: string, around: ProcessSurroundings) {
    this.name = name;
    this.#around = around;
    const { clock, clockOffMs, random } = around;
    const offMs = clockOffMs === 0 ? 0 : random.between(-clockOffMs, clockOffMs);
    this.clock = { now: () => clock.now() + offMs, sleep: (ms, signal) => clock.sleep(ms, signal) };
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** Another invocation begins. */
  begin(faults: readonly CallFault[], onDeath: () => void): void {
    this.#faults = faults;
    this.#counts = new Map();
    this.#onDeath = onDeath;
    this.#frozen = false;
    for (const go of this.#thawed.splice(0)) go();
  }

  freeze(): void {
    this.#frozen = true;
  }

  die(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#onDeath();
  }

  async call<T>(call: Call<T>): Promise<T> {
    const { clock, trace } = this.#around;
    if (this.#frozen) await new Promise<void>((resolve) => this.#thawed.push(resolve));
    if (this.#dead) return never();
    const fault = this.#fault(call.name);
    if (fault !== undefined) this.#around.met(fault.what);
    const tell = trace === undefined ? undefined : (text: string) => trace(`${this.name} ${call.name}${text}`);
    if (fault?.what === "dies before") return this.#dieHere(tell, call, "dies before");
    if (fault?.what === "stalls") await this.#stall(fault, tell, call);
    await this.#takeTime();
    if (fault?.what === "lands late") return this.#landLate(fault, tell, call);
    if (this.#dead) return never();
    const hangMs = this.#around.downFor(call.name.slice(0, call.name.indexOf(".")) as Service);
    if (hangMs !== undefined || fault?.what === "refused") {
      if (hangMs !== undefined) this.#around.met("no answer");
      await clock.sleep(hangMs ?? 0);
      if (this.#dead) return never();
      tell?.(`(${call.about()}) ${hangMs === undefined ? "is refused" : "gets no answer"}`);
      throw call.error(hangMs === undefined);
    }
    const result = await call.run();
    tell?.(`(${call.about()})${call.shown === undefined ? "" : ` -> ${call.shown(result)}`}`);
    if (fault?.what === "dies after") return this.#dieHere(tell, call, "dies after");
    await this.#takeTime();
    if (this.#dead) return never();
    if (fault?.what !== "answer lost") return result;
    tell?.(` the answer is lost`);
    if (call.askedAgain === undefined || fault.ms === 0) throw call.error(false);
    const again = call.askedAgain();
    tell?.(" is sent again");
    await this.#takeTime();
    return this.#dead ? never() : again;
  }

  #fault(name: CallName): CallFault | undefined {
    if (this.#faults.length === 0) return undefined;
    const nth = this.#counts.get(name) ?? 0;
    const place = this.#counts.get("any") ?? 0;
    this.#counts.set(name, nth + 1);
    this.#counts.set("any", place + 1);
    return this.#faults.find(
      (fault) => (fault.call === name && fault.nth === nth) || (fault.call === "any" && fault.nth === place),
    );
  }

  #dieHere<T>(tell: ((text: string) => void) | undefined, call: Call<T>, how: string): Promise<T> {
    tell?.(`(${call.about()}) ${how} it`);
    this.die();
    return never();
  }

  async #stall<T>({ ms }: CallFault, tell: ((text: string) => void) | undefined, call: Call<T>): Promise<void> {
    const { clock, sleepers } = this.#around;
    tell?.(`(${call.about()}) falls asleep ${ms === 0 ? "until the end" : `for ${ms / 1_000} s`} before it`);
    if (ms > 0) await clock.sleep(ms);
    else await new Promise<void>((resolve) => sleepers.push(resolve));
    tell?.(`(${call.about()}) ${this.#dead ? "was dead when it woke" : "wakes up"}`);
  }

  /** The request was on its way when the process died. */
  async #landLate<T>({ ms }: CallFault, tell: ((text: string) => void) | undefined, call: Call<T>): Promise<T> {
    const { clock, sleepers } = this.#around;
    tell?.(`(${call.about()}) is sent, and the process dies`);
    this.die();
    if (ms > 0) await clock.sleep(ms);
    else await new Promise<void>((resolve) => sleepers.push(resolve));
    await call.run().then(
      (result) => tell?.(`(${call.about()}) lands late${call.shown === undefined ? "" : ` -> ${call.shown(result)}`}`),
      () => tell?.(`(${call.about()}) lands late and fails`),
    );
    return never();
  }

  #takeTime(): Promise<void> | undefined {
    const { clock, random, slowShare, slowMs } = this.#around;
    if (slowShare === 0 || !random.chance(slowShare)) return undefined;
    return clock.sleep(random.between(1, slowMs));
  }
}

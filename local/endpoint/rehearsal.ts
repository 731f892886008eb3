import type { HttpRequest, HttpResponse } from "./http-message.ts";

/**
 * How a service answers while an outage is rehearsed: as it should; with status 503, and nothing done; not at all, the
 * connection is cut; or not at all although it did what it was asked.
 */
export const answerings = ["normally", "errors", "nothing", "lost"] as const;
export type Answering = (typeof answerings)[number];

/** The processes of functions. */
export interface FunctionProcesses {
  has(name: string): boolean;
  environments(): readonly { readonly functionName: string; readonly pid: number | undefined }[];
}

/** An outage that is forgotten ends by itself. */
const secondsMax = 3_600;
/** Where the operator's switches are; no bucket of S3 can have the name. */
const root = "/_laptop/";

/** The request is to be left without an answer, and its connection cut. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/**
 * Switches for rehearsing an outage, beside the API of AWS on its port:
 * `POST /_laptop/services/{service}` with `{"answers": "errors", "seconds": 30}`, and
 * `POST /_laptop/functions/{function}/kill`, which sends SIGKILL to its processes.
 */
export class Rehearsal {
  readonly #services: readonly string[];
  readonly #functions: FunctionProcesses;
  readonly #outages = new Map<string, { readonly answers: Answering; readonly untilMs: number }>();

  constructor(services: readonly string[], functions: FunctionProcesses) {
    this.#services = services;
    this.#functions = functions;
  }

  static isFor(url: string): boolean {
    return url.startsWith(root);
  }

  answers(service: string): Answering {
    const outage = this.#outages.get(service);
    return outage !== undefined && Date.now() < outage.untilMs ? outage.answers : "normally";
  }

  handle({ method, url, body }: Pick<HttpRequest, "method" | "url" | "body">): HttpResponse {
    const [kind, name = "", verb, ...more] = url.slice(root.length).split("/");
    if (method === "POST" && kind === "services" && verb === undefined) return this.#switch(name, body.toString());
    if (method === "POST" && kind === "functions" && verb === "kill" && more.length === 0) return this.#kill(name);
    const expected = `POST ${root}services/{service} or ${root}functions/{function}/kill`;
    return answer(404, { message: `Expected ${expected}, got ${method} ${url}` });
  }

  #switch(service: string, body: string): HttpResponse {
    if (!this.#services.includes(service)) {
      return answer(404, { message: `Expected one of ${this.#services.join(", ")}, got ${service}` });
    }
    const order = orderOf(body);
    if (order === undefined) {
      const expected = `{"answers": ${answerings.map((one) => `"${one}"`).join("|")}, "seconds": up to ${secondsMax}}`;
      return answer(400, { message: `Expected ${expected}, got ${body.slice(0, 200)}` });
    }
    this.#outages.set(service, { answers: order.answers, untilMs: Date.now() + order.seconds * 1_000 });
    return answer(200, { service, ...order });
  }

  #kill(name: string): HttpResponse {
    if (!this.#functions.has(name)) return answer(404, { message: `There is no function ${name}` });
    const pids = this.#functions
      .environments()
      .flatMap(({ functionName, pid }) => (functionName === name && pid !== undefined ? [pid] : []));
    return answer(200, { killed: pids.filter(killed) });
  }
}

function orderOf(body: string): { answers: Answering; seconds: number } | undefined {
  try {
    const { answers, seconds = secondsMax } = Object(JSON.parse(body)) as Record<string, unknown>;
    const known = answerings.find((one) => one === answers);
    const inRange = typeof seconds === "number" && seconds >= 0 && seconds <= secondsMax;
    return known !== undefined && inRange ? { answers: known, seconds } : undefined;
  } catch {
    return undefined;
  }
}

/** False where it has ended by itself meanwhile. */
function killed(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

function answer(status: number, body: object): HttpResponse {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

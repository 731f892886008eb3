import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A bundle with the handlers that the tests need. Those that take a `port` say their pid there first. */
const code = `
import { connect } from "node:net";
import { once } from "node:events";
let count = 0;
async function hello(port) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  await new Promise((done) => socket.write(process.pid + "\\n", done));
  return socket;
}
export const echo = async (event) => event;
export const counted = async () => ({ pid: process.pid, count: ++count });
export const about = async (event, context) => ({
  context, remaining: context.getRemainingTimeInMillis(), env: process.env, title: process.argv.slice(2), cwd: process.cwd(),
});
export const nothing = async () => {};
export const thrower = async () => { throw new TypeError("no such thing"); };
export const throwsText = async () => { throw "just text"; };
export const notJson = async () => 1n;
export const exit = async (event) => process.exit(event.code);
export const uncaught = async () => { setTimeout(() => { throw new RangeError("from a timer"); }); await new Promise(() => {}); };
export const rejected = async () => { Promise.reject(new Error("lost")); await new Promise((r) => setTimeout(r, 5000)); };
export const never = () => new Promise(() => {});
export const spin = async (event) => { if (event.port) await hello(event.port); for (;;); };
export const hang = async (event) => { if (event.port) await hello(event.port); await new Promise((r) => setTimeout(r, 600000)); };
export const meet = async (event) => { await hello(event.port); return process.pid; };
export const meetAndWait = async (event) => { const s = await hello(event.port); await once(s, "data"); return process.pid; };
export const large = async (event) => "x".repeat(event.bytes);
export const prints = async () => {
  console.log("first\\nsecond");
  console.error("wrong");
  console.log(JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics: [
    { Namespace: "Shop", Dimensions: [["service"]], Metrics: [{ Name: "sold", Unit: "Count" }] } ] }, service: "till", sold: 3 }));
};
export const heap = async () => { const held = []; for (;;) held.push(new Array(1e5).fill(held.length)); };
export const buffers = async () => { const held = []; for (;;) { held.push(Buffer.alloc(8e6, 1)); await new Promise((r) => setTimeout(r, 5)); } };
export const callback = (event, context, callback) => callback(null, 1);
export const notAFunction = 5;
`;

export interface Bundle {
  readonly directory: string;
  remove(): void;
}

export function writeBundle(): Bundle {
  const directory = mkdtempSync(join(tmpdir(), "millrace-lambda-"));
  writeFileSync(join(directory, "index.mjs"), code);
  writeFileSync(join(directory, "broken.mjs"), "export const handler = (;");
  writeFileSync(join(directory, "failing.mjs"), 'throw new URIError("at load");');
  writeFileSync(join(directory, "missing.mjs"), 'import "not-installed-anywhere";');
  writeFileSync(join(directory, "common.cjs"), "exports.handler = async () => 'common';");
  return { directory, remove: () => rmSync(directory, { recursive: true }) };
}

/** Where functions say hello: it knows who is there, and when one is gone, because its connection ends. */
export class Doorbell {
  readonly #server: Server;
  readonly #arrivals: ((visitor: Visitor) => void)[] = [];
  readonly #visitors: Visitor[] = [];

  private constructor() {
    this.#server = createServer((socket) => {
      socket.on("error", () => {});
      const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      socket.once("data", (data) => {
        const visitor = { pid: Number(data.toString()), gone, socket };
        const arrival = this.#arrivals.shift();
        if (arrival === undefined) this.#visitors.push(visitor);
        else arrival(visitor);
      });
    });
  }

  static async open(): Promise<Doorbell> {
    const doorbell = new Doorbell();
    await new Promise<void>((resolve) => doorbell.#server.listen(0, "127.0.0.1", resolve));
    return doorbell;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  visitor(): Promise<Visitor> {
    const visitor = this.#visitors.shift();
    return visitor === undefined ? new Promise((resolve) => this.#arrivals.push(resolve)) : Promise.resolve(visitor);
  }

  close(): void {
    this.#server.close();
  }
}

export interface Visitor {
  readonly pid: number;
  /** Resolves when its process is gone. */
  readonly gone: Promise<void>;
  readonly socket: Socket;
}

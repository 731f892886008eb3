import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A service that takes every request and answers none. */
export class SilentServer implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    request.resume().once("end", () => this.#count("taken"));
    response.once("close", () => this.#count("abandoned"));
  });
  /** Requests that have come whole, and those that their senders have given up. */
  readonly counts = { taken: 0, abandoned: 0 };
  #waiting: (() => void)[] = [];

  static async start(): Promise<SilentServer> {
    const service = new SilentServer();
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when that many have. */
  async reached(what: keyof typeof this.counts, count: number): Promise<void> {
    while (this.counts[what] < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #count(what: keyof typeof this.counts): void {
    this.counts[what]++;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

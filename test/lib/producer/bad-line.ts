import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientOf } from "./stream.ts";

/**
 * What may befall a request on its way to the stream: it passes; some of its entries are throttled; all of it is; the
 * service fails, or the connection breaks, before the request reached the stream or after; no answer ever comes.
 */
export const mishaps = [
  "none",
  "entries",
  "throttled",
  "error before",
  "error after",
  "reset before",
  "reset after",
  "silence",
] as const;
export type Mishap = (typeof mishaps)[number];

interface Put {
  readonly Records: readonly object[];
}
interface Answer {
  FailedRecordCount: number;
  Records: object[];
}
const throttledEntry = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };

/** The network between a producer and a stream, with mishaps at the level of HTTP. */
export class BadLine {
  readonly client: KinesisClient;
  /** What befalls the next request; called for every PutRecords and ListShards. */
  mishap: (operation: string) => Mishap = () => "none";
  /** Bodies of the PutRecords requests that came. */
  readonly puts: Put[] = [];
  readonly #server: Server;
  readonly #endpoint: string;
  #arrivals: (() => void)[] = [];
  #broken: (() => void)[] = [];

  private constructor(server: Server, endpoint: string) {
    this.#server = server;
    this.#endpoint = endpoint;
    this.client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on("request", (request, response) => {
      void this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async to(endpoint: string): Promise<BadLine> {
    const server = createServer({ keepAliveTimeout: 0 }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new BadLine(server, endpoint);
  }

  close(): void {
    this.client.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Resolves when the next PutRecords request is there. */
  arrival(): Promise<void> {
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }

  /** Resolves when the client breaks off a request that gets no answer. */
  breakingOff(): Promise<void> {
    return new Promise((resolve) => this.#broken.push(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    const mishap = this.mishap(operation);
    const isPut = operation === "PutRecords";
    if (isPut) {
      this.puts.push(JSON.parse(body.toString()) as Put);
      for (const arrived of this.#arrivals.splice(0)) arrived();
    }
    if (mishap === "silence") {
      response.on("close", () => {
        for (const off of this.#broken.splice(0)) off();
      });
      return;
    }
    if (mishap === "reset before") return void response.destroy();
    if (mishap === "error before") return fail(response, 500, "InternalFailure");
    if (mishap === "throttled")
      return fail(response, 400, isPut ? "ProvisionedThroughputExceededException" : "LimitExceededException");
    if (mishap === "entries" && isPut) return this.#some(request, body, response);
    const { status, text } = await this.#forward(request, body);
    if (mishap === "reset after") return void response.destroy();
    if (mishap === "error after") return fail(response, 503, "ServiceUnavailable");
    reply(response, status, text);
  }

  /** Every second entry is throttled, the first one included. */
  async #some(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const put = JSON.parse(body.toString()) as Put;
    const kept = put.Records.filter((_, index) => index % 2 === 1);
    let taken: object[] = [];
    if (kept.length > 0) {
      const { text } = await this.#forward(request, Buffer.from(JSON.stringify({ ...put, Records: kept })));
      taken = (JSON.parse(text) as Answer).Records;
    }
    const Records = put.Records.map((_, index) => (index % 2 === 1 ? taken.shift() : undefined) ?? throttledEntry);
    reply(response, 200, JSON.stringify({ FailedRecordCount: Records.length - kept.length, Records }));
  }

  async #forward({ headers }: IncomingMessage, body: Buffer): Promise<{ status: number; text: string }> {
    const wanted = ["x-amz-target", "content-type", "authorization", "x-amz-date"];
    const sent = Object.fromEntries(wanted.map((name) => [name, String(headers[name] ?? "")]));
    const answer = await fetch(this.#endpoint, { method: "POST", headers: sent, body });
    return { status: answer.status, text: await answer.text() };
  }
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(text);
}

const fail = (response: ServerResponse, status: number, name: string): void =>
  reply(response, status, JSON.stringify({ __type: name, message: "as the test has it" }));

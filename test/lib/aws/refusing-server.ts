import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request as it reached the service. */
export interface ReachedRequest {
  /** By the signature: the service's own short name, and the region. */
  readonly service: string;
  readonly region: string;
  /** How often the client asks at most. */
  readonly attempts: number;
  /** All that was asked, to look for the names in it: path and body. */
  readonly asked: string;
}

/** An endpoint for every service that records each request and refuses it permanently. */
export class RefusingServer implements AsyncDisposable {
  readonly #server = createServer(async (request, response) => {
    const { authorization = "", host } = request.headers;
    const [, region = "", service = ""] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(authorization) ?? [];
    const asked = `${host}${decodeURIComponent(request.url ?? "")} ${await text(request)}`;
    const attempts = Number(/max=(\d+)/.exec(String(request.headers["amz-sdk-request"]))?.[1]);
    this.#requests.push({ service, region, attempts, asked });
    response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
    response.end('{"__type":"RefusedException","message":"not here"}');
  });
  #requests: ReachedRequest[] = [];

  static async start(): Promise<RefusingServer> {
    const service = new RefusingServer();
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What came since it was last asked. */
  taken(): ReachedRequest[] {
    return this.#requests.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BodyTooLarge, readBody } from "./body.ts";
import { hostRefusal, pageRefusal } from "./browser-guard.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { plainHttpServer } from "./plain-http.ts";
import { listenError } from "./port-taken.ts";
import { NoAnswer, Rehearsal } from "./rehearsal.ts";
import { serviceError } from "./service-error.ts";
import { type ServiceName, serviceName } from "./service-name.ts";

/** One AWS service behind the endpoint. */
export type AwsService = {
  /** Answers one request. What it rejects with is answered as status 500, in the protocol of the service. */
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  /** 65 MiB where not given: the largest object of our S3, and what aws-chunked adds to it. */
  readonly bodyBytesMax?: number;
};

export type AwsServices = Readonly<Partial<Record<ServiceName, AwsService>>>;

export type AwsEndpointOptions = {
  /** 0 for any that is free. */
  readonly port: number;
  /** 127.0.0.1 where not given: there is no check of who asks. */
  readonly host?: string;
  readonly services: AwsServices;
  /** Takes services away for a while. */
  readonly rehearsal?: Rehearsal | undefined;
};

export type AwsEndpoint = {
  /** What AWS_ENDPOINT_URL should be. */
  readonly url: string;
  /** Takes no more requests and resolves when those under way are answered. Close the services after it. */
  readonly close: () => Promise<void>;
};

const bodyBytesMaxDefault = 65 * 1024 * 1024;
/** Of an order to the operator's switches. */
const switchBytesMax = 1_024;

/** How long close() waits for requests under way. */
const close_ms = 10_000;

function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  const length = status === 204 || status === 304 ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...length, ...headers }).end(body);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function answer(
  incoming: IncomingMessage,
  { services, rehearsal }: Pick<AwsEndpointOptions, "services" | "rehearsal">,
): Promise<HttpResponse> {
  const { method = "GET", url = "/" } = incoming;
  // node:http joins repeated headers; only set-cookie comes as a list, which no request has. HTTP/2 has another name for the host.
  const sent = incoming.headers as HttpRequest["headers"];
  const headers = { ...sent, host: sent.host ?? sent[":authority"] };
  const name = serviceName({ url, headers });
  const refusal = hostRefusal(headers.host) ?? pageRefusal(headers);
  if (refusal !== undefined) {
    incoming.resume();
    return serviceError(name, headers, { status: 403, type: "AccessDeniedException", message: refusal });
  }
  if (rehearsal !== undefined && Rehearsal.isFor(url)) {
    return rehearsal.handle({ method, url, body: await readBody(incoming, switchBytesMax) });
  }
  const service = Object.hasOwn(services, name) ? services[name as ServiceName] : undefined;
  const answers = rehearsal?.answers(name) ?? "normally";
  if (answers === "nothing") throw new NoAnswer(name);
  try {
    const body = await readBody(incoming, service?.bodyBytesMax ?? bodyBytesMaxDefault);
    if (answers === "errors") {
      const message = "An outage is rehearsed";
      return serviceError(name, headers, { status: 503, type: "ServiceUnavailable", message });
    }
    if (answers === "lost") {
      await service?.handle({ method, url, headers, body });
      throw new NoAnswer(name);
    }
    if (service !== undefined) return await service.handle({ method, url, headers, body });
    const asked = sent["x-amz-target"]?.split(".")[0] ?? name;
    const message = `The service ${asked} does not run here; what runs: ${Object.keys(services).join(", ")}`;
    return serviceError(name, headers, { status: 400, type: "UnknownOperationException", message });
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    const message = messageOf(error);
    if (!(error instanceof BodyTooLarge)) {
      return serviceError(name, headers, { status: 500, type: "InternalFailure", message });
    }
    return name === "s3"
      ? serviceError(name, headers, { status: 400, type: "EntityTooLarge", message })
      : serviceError(name, headers, { status: 413, type: "RequestEntityTooLarge", message });
  }
}

async function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    throw listenError(error, port, host);
  }
  server.off("error", reject);
  return server.address() as AddressInfo;
}

/**
 * Starts the one endpoint of every AWS SDK. Throws {@link PortTaken} where another program has the port.
 * Signatures are not checked; requests that a web page could have made are refused.
 */
export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const { port, host = "127.0.0.1" } = options;
  const { server, close } = plainHttpServer((incoming, response) => {
    answer(incoming, options).then(
      (answered) => send(response, answered),
      () => response.destroy(),
    );
  });
  const address = await listen(server, port, host);
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    close: () => close(close_ms),
  };
}

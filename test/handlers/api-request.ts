import type { APIGatewayProxyEventV2 } from "aws-lambda";

export interface ApiRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: string | Buffer | undefined;
  readonly address?: string;
}

/** An event of API Gateway as its HTTP APIs send it (payload format 2.0), for the route that leads to the collector. */
export function apiRequest({ method = "POST", path, headers = {}, query = "", body, address }: ApiRequest) {
  const event = {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: query,
    headers: { host: "api.example", ...headers },
    requestContext: {
      domainName: "api.example",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: address ?? "203.0.113.77", userAgent: "test" },
      routeKey: "$default",
      stage: "$default",
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : body.toString("base64") }),
    isBase64Encoded: body !== undefined && typeof body !== "string",
  };
  return event as unknown as APIGatewayProxyEventV2;
}

export const basic = (user: string): string => `Basic ${Buffer.from(user).toString("base64")}`;

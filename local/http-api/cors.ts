import type { ApiResponse } from "./api-response.ts";

/** The CorsConfiguration of an `AWS::ApiGatewayV2::Api`, as the template has it. */
export type CorsConfiguration = {
  readonly AllowCredentials?: boolean;
  readonly AllowHeaders?: readonly string[];
  readonly AllowMethods?: readonly string[];
  readonly AllowOrigins?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  /** Seconds. */
  readonly MaxAge?: number;
};

type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Origins may be `*`, `https://*` or `http://*` (API Gateway developer guide, Configure CORS for HTTP APIs). */
function allowedOrigin(cors: CorsConfiguration, origin: string): string | undefined {
  const origins = cors.AllowOrigins ?? [];
  if (origins.includes("*")) return cors.AllowCredentials === true ? origin : "*";
  const isAllowed = origins.some((allowed) => {
    const any = /^(https?:\/\/)\*$/.exec(allowed)?.[1];
    return any === undefined ? allowed === origin : origin.startsWith(any);
  });
  return isAllowed ? origin : undefined;
}

function originHeaders(cors: CorsConfiguration, headers: RequestHeaders): Record<string, string> | undefined {
  const origin = typeof headers.origin === "string" ? allowedOrigin(cors, headers.origin) : undefined;
  if (origin === undefined) return undefined;
  return {
    "access-control-allow-origin": origin,
    ...(origin === "*" ? {} : { vary: "origin" }),
    ...(cors.AllowCredentials === true ? { "access-control-allow-credentials": "true" } : {}),
  };
}

function listed(name: string, list: readonly string[] | undefined): Record<string, string> {
  return list === undefined || list.length === 0 ? {} : { [name]: list.join(",") };
}

/**
 * The answer to a preflight request, which no route is asked for; nothing where the request is none. What is not
 * allowed gets the same status without the headers, and it is for the browser to refuse.
 */
export function preflight(cors: CorsConfiguration, method: string, headers: RequestHeaders): ApiResponse | undefined {
  const isPreflight =
    method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;
  if (!isPreflight) return undefined;
  const allowed = originHeaders(cors, headers);
  if (allowed === undefined) return { status: 204, headers: {}, body: "" };
  return {
    status: 204,
    headers: {
      ...allowed,
      ...listed("access-control-allow-methods", cors.AllowMethods),
      ...listed("access-control-allow-headers", cors.AllowHeaders),
      ...(cors.MaxAge === undefined ? {} : { "access-control-max-age": String(cors.MaxAge) }),
    },
    body: "",
  };
}

/** The response with the API's CORS headers in place of the function's, which API Gateway ignores where it has its own. */
export function withCors(cors: CorsConfiguration, headers: RequestHeaders, response: ApiResponse): ApiResponse {
  const own = Object.entries(response.headers).filter(([name]) => !name.startsWith("access-control-"));
  const allowed = originHeaders(cors, headers);
  const exposed = allowed === undefined ? {} : listed("access-control-expose-headers", cors.ExposeHeaders);
  return { ...response, headers: { ...Object.fromEntries(own), ...allowed, ...exposed } };
}

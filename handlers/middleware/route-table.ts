import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** A route of a function's own table that a request is for, with the values of its path's variables. */
export interface Routed<Key extends string> {
  readonly key: Key;
  readonly parameters: Readonly<Record<string, string | undefined>>;
}

type RoutedEvent = Pick<APIGatewayProxyEventV2, "routeKey" | "rawPath" | "pathParameters" | "requestContext">;

/** GET for HEAD too: it is answered as GET, without the body. */
export function methodOf({ requestContext }: Pick<RoutedEvent, "requestContext">): string {
  const { method } = requestContext.http;
  return method === "HEAD" ? "GET" : method;
}

/**
 * The path that was asked for, with its percent signs decoded, as API Gateway hands over both `rawPath` and the variables of
 * a route. A base path of a custom domain stands in `rawPath`, and not in a variable.
 */
function askedPath({ routeKey, rawPath, pathParameters }: RoutedEvent): string {
  const rest = pathParameters?.proxy;
  if (rest === undefined) return rawPath.replace(/^\/+/, "/");
  return routeKey.slice(routeKey.indexOf("/")).replace("{proxy+}", () => rest);
}

/** A variable at the end takes all that is left, slashes too: ids may have some. */
function pattern(path: string): RegExp {
  const segments = path.split("/").slice(1);
  const written = segments.map((segment, at) => {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (name === undefined) return segment;
    return at === segments.length - 1 ? `(?<${name}>.+?)` : `(?<${name}>[^/]+)`;
  });
  return new RegExp(`^/${written.join("/")}/?$`, "s");
}

/**
 * Finds the route of a request among those of a function, each a method and a path as API Gateway writes them. A slash at
 * the end of a path makes no difference, and neither do more than one at its beginning: some clients write one at the end,
 * and an address that ends in one makes two of the first. Nothing where there is none. An event that is not the
 * API's may name the route by its key.
 */
export function routeTable<Key extends string>(keys: readonly Key[]): (event: RoutedEvent) => Routed<Key> | undefined {
  const table = keys.map((key) => {
    const [method = "", path = ""] = key.split(" ");
    return { key, method, path: pattern(path) };
  });
  return (event) => {
    const named = keys.find((key) => key === event.routeKey);
    if (named !== undefined) return { key: named, parameters: event.pathParameters ?? {} };
    const method = methodOf(event);
    const path = askedPath(event);
    for (const route of table) {
      const found = route.method === method ? route.path.exec(path) : null;
      if (found !== null) return { key: route.key, parameters: { ...found.groups } };
    }
    return undefined;
  };
}

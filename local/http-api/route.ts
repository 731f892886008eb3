/** A route of an HTTP API: a RouteKey such as `GET /v1/metrics/{name}` or `$default`, and the integration it leads to. */
export type Route = {
  readonly routeKey: string;
  /** The name of an integration, as in `integrations/<name>` of the template's Target. */
  readonly integration: string;
};

/** A path's segment: text, one variable segment, or all the rest. */
type Segment = { readonly kind: "text" | "variable" | "greedy"; readonly name: string };

type CompiledRoute = {
  readonly route: Route;
  /** `ANY` for every method. */
  readonly method: string;
  readonly segments: readonly Segment[];
};

export type RouteMatch = { readonly route: Route; readonly pathParameters: Readonly<Record<string, string>> };

/** Finds the route of a request; nothing where none is there. */
export type Router = (method: string, rawPath: string) => RouteMatch | undefined;

const methods = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const precedence = { text: 0, variable: 1, greedy: 2 } as const;

function segment(text: string): Segment {
  const [, name, plus] = /^\{([^{}+]+)(\+?)\}$/.exec(text) ?? [];
  if (name === undefined) return { kind: "text", name: text };
  return { kind: plus === "+" ? "greedy" : "variable", name };
}

function compiled(route: Route): CompiledRoute {
  const [, method = "", path = ""] = /^([A-Z]+) \/(.*)$/.exec(route.routeKey) ?? [];
  if (!methods.includes(method)) {
    const expected = `$default or one of ${methods.join(", ")} and a path`;
    throw new Error(`Expected a RouteKey of ${expected}, got ${JSON.stringify(route.routeKey)}`);
  }
  const segments = path.split("/").map(segment);
  if (segments.slice(0, -1).some(({ kind }) => kind === "greedy")) {
    throw new Error(`Expected a greedy variable only at the end of a route, got ${JSON.stringify(route.routeKey)}`);
  }
  return { route, method, segments };
}

const isGreedy = ({ segments }: CompiledRoute): boolean => segments.at(-1)?.kind === "greedy";

/**
 * Full matches before those with a greedy variable, as is documented; of each, the more specific first: text before a
 * variable, from the left; then a method before ANY.
 */
function bySpecificity(a: CompiledRoute, b: CompiledRoute): number {
  if (isGreedy(a) !== isGreedy(b)) return isGreedy(a) ? 1 : -1;
  for (let at = 0; at < Math.min(a.segments.length, b.segments.length); at += 1) {
    const difference = precedence[a.segments[at]?.kind ?? "text"] - precedence[b.segments[at]?.kind ?? "text"];
    if (difference !== 0) return difference;
  }
  return Number(a.method === "ANY") - Number(b.method === "ANY");
}

/** Percent-decoded, or as it is where that is no UTF-8. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function match({ segments, route }: CompiledRoute, path: readonly string[]): RouteMatch | undefined {
  const greedy = segments.at(-1)?.kind === "greedy";
  if (greedy ? path.length < segments.length : path.length !== segments.length) return undefined;
  const pathParameters: Record<string, string> = {};
  for (const [at, { kind, name }] of segments.entries()) {
    const value = kind === "greedy" ? path.slice(at).join("/") : (path[at] ?? "");
    if (kind === "text" ? value !== name : value === "") return undefined;
    if (kind !== "text") pathParameters[name] = value;
  }
  return { route, pathParameters };
}

/**
 * Chooses routes as API Gateway does: the most specific match, `$default` where there is none (API Gateway developer
 * guide, Create routes for HTTP APIs). Throws for a RouteKey that is none.
 */
export function router(routes: readonly Route[]): Router {
  const fallback = routes.find(({ routeKey }) => routeKey === "$default");
  const others = routes
    .filter((route) => route !== fallback)
    .map(compiled)
    .sort(bySpecificity);
  return (method, rawPath) => {
    const path = rawPath.replace(/^\//, "").split("/").map(decoded);
    for (const candidate of others) {
      if (candidate.method !== "ANY" && candidate.method !== method) continue;
      const found = match(candidate, path);
      if (found !== undefined) return found;
    }
    return fallback === undefined ? undefined : { route: fallback, pathParameters: {} };
  };
}

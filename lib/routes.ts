/** What the query API answers. A slash at the end of a path makes no difference, and HEAD is answered as GET is. */
export const queryRoutes = {
  metrics: "GET /v1/metrics",
  metric: "GET /v1/metrics/{name}",
  shards: "GET /v1/shards",
  why: "GET /v1/events/{messageId}",
  live: "GET /v1/live",
  quarantine: "GET /v1/quarantine",
  quarantined: "GET /v1/quarantine/{id}",
  page: "GET /",
  pageFile: "GET /page/{file}",
} as const;

/** Routes of the API that lead to the query function, each with the IAM authorizer. */
export const queryRouteKeys = ["/", "/page/{proxy+}", "/v1/{proxy+}"].flatMap((path) => [
  `GET ${path}`,
  `HEAD ${path}`,
]);

/** What the collector answers. A slash at the end of a path makes no difference, and HEAD is answered as GET is. */
export const collectRoutes = {
  events: "POST /v1/{call}",
  /** RudderStack's browser SDK, for what it sends when its page is left. */
  beacon: "POST /beacon/v1/batch",
  /** analytics.js, at its start. */
  settings: "GET /v1/projects/{writeKey}/settings",
  /** RudderStack's SDKs, at their start. */
  sourceConfig: "GET /sourceConfig",
} as const;

/**
 * Routes of the API that lead to the collector, with no authorizer: all paths that are not the query API's, so that an
 * unknown one gets an answer that says so, and preflights.
 */
export const collectRouteKeys = ["ANY /v1/projects/{proxy+}", "$default"] as const;

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

/** Routes of the query API, as API Gateway writes them. */
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

/** Routes of the query API, as API Gateway writes them. */
export const queryRoutes = {
  metrics: "GET /v1/metrics",
  metric: "GET /v1/metrics/{name}",
  shards: "GET /v1/shards",
  page: "GET /",
  pageFile: "GET /page/{file}",
} as const;

/** Routes of the collector, as API Gateway writes them. They stand beside those of the query API, which are all GET. */
export const collectRoutes = {
  events: "POST /v1/{call}",
  settings: "GET /v1/projects/{writeKey}/settings",
  preflight: "OPTIONS /v1/{path+}",
} as const;

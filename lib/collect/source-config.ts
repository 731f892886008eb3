/** It does not change while a page is open; some SDKs want to know since when it is so. */
const updatedAt = "2026-01-01T00:00:00.000Z";

/**
 * What RudderStack's SDKs ask for at their start (`GET /sourceConfig`). analytics-js 3.34 wants `id`, `config` and a list
 * `destinations`; the SDKs for Kotlin and Swift want the other fields too. There is no other destination here, and the SDK
 * sends no figures about itself.
 */
export function sourceConfig(writeKey: string, name: string): unknown {
  return {
    source: {
      id: name,
      name,
      writeKey,
      enabled: true,
      workspaceId: "millrace",
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      destinations: [],
      updatedAt,
    },
    updatedAt,
  };
}

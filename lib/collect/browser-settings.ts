import type { ApiAddress } from "./api-address.ts";

/** Tries of an event, 60 seconds apart at most: the page keeps it meanwhile. */
const triesMax = 100;

/**
 * What analytics.js asks for at its start (`GET /v1/projects/{writeKey}/settings` in analytics-next 1.84, "browser"). It
 * must have `integrations`, and sends where `Segment.io` in it says; it has no other destination here, and sends no
 * figures about itself.
 */
export function browserSettings(writeKey: string, { host, protocol }: ApiAddress): unknown {
  const apiHost = `${host}/v1`;
  const tries = { maxRetryCount: triesMax };
  const planned = { __default: { enabled: true, integrations: {} } };
  return {
    integrations: {
      "Segment.io": {
        apiKey: writeKey,
        apiHost,
        protocol,
        unbundledIntegrations: [],
        addBundledMetadata: false,
        maybeBundledConfigIds: {},
        versionSettings: { version: "4.4.7", componentTypes: ["browser"] },
        httpConfig: { rateLimitConfig: tries, backoffConfig: tries },
      },
    },
    plan: { track: planned, identify: planned, group: planned },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0, host: apiHost },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
}

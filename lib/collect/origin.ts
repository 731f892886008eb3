import { RequestRefused } from "./request-refused.ts";
import type { SourceSettings } from "./write-keys.ts";

/** Whether pages of an origin may send for a source. What comes without an origin is no browser's page. */
export const allowsOrigin = ({ allowedOrigins }: SourceSettings, origin: string): boolean =>
  allowedOrigins.includes("*") || allowedOrigins.includes(origin);

/** Throws RequestRefused where a page may not send for one of the sources. */
export function checkOrigin(origin: string | undefined, sources: Iterable<SourceSettings>): void {
  if (origin === undefined) return;
  for (const source of sources) {
    if (allowsOrigin(source, origin)) continue;
    throw new RequestRefused("OriginForbidden", "Origin: expected one that the source allows, got another");
  }
}

/** Tokens and commas; longer lists of headers no client has. */
const headerList = /^[\w!#$%&'*+.^`|~, -]{1,1000}$/;

/**
 * The headers that let a page read an answer. By the origins of all sources: a preflight has no write key, and a page
 * should see what is wrong with its key. Errors say when to come again, so those headers can be read too.
 */
export function originHeaders(origin: string | undefined, sources: readonly SourceSettings[]): Record<string, string> {
  const allowed = origin === undefined ? undefined : allowedFor(origin, sources);
  if (allowed === undefined) return { vary: "origin" };
  return {
    vary: "origin",
    "access-control-allow-origin": allowed,
    "access-control-expose-headers": "retry-after, x-ratelimit-reset",
  };
}

/** Never what a stranger wrote: "*", or an origin of the configuration. */
function allowedFor(origin: string, sources: readonly SourceSettings[]): string | undefined {
  if (sources.some(({ allowedOrigins }) => allowedOrigins.includes("*"))) return "*";
  return sources.some((source) => allowsOrigin(source, origin)) ? origin : undefined;
}

/** What a preflight is answered beside that: any header, for clients can be told to send their own. */
export function preflightHeaders(requested: string | undefined): Record<string, string> {
  return {
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-max-age": "7200",
    ...(requested !== undefined && headerList.test(requested) ? { "access-control-allow-headers": requested } : {}),
  };
}

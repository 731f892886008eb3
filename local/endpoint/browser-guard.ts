import type { HttpRequest } from "./http-message.ts";

/**
 * Names that always lead to this machine (RFC 6761, section 6.3, and RFC 1122, section 3.2.1.3). A page whose own name
 * is rebound to 127.0.0.1 still sends that name as its Host.
 */
const loopbackHost = /^(?:(?:[\w-]+\.)*localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;

/** What a page can send to another origin without asking first (Fetch standard, "CORS-safelisted request-header"). */
const pageContentType = /^\s*(?:text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|,|$)/i;

/**
 * Why a request that is not addressed to this machine by a loopback name, or by one of the names that its owner has given,
 * is refused; undefined for others.
 */
export function hostRefusal(host: string | undefined, names: readonly string[] = []): string | undefined {
  if (host !== undefined && (loopbackHost.test(host) || names.includes(host.toLowerCase()))) return undefined;
  return `Expected a Host of localhost or a loopback address, got ${host?.slice(0, 255) ?? "none"}`;
}

/**
 * Why the AWS endpoint refuses a request that a web page may have made; undefined for what an SDK or a command sends.
 * Browsers name the Origin of every request that is not a GET or HEAD, and Sec-Fetch-Site on all of them. No SDK sends
 * either. The AWS Query protocol has the content type of a form, but it is signed, and a page cannot send a
 * signature without a preflight, which is refused.
 */
export function pageRefusal(headers: HttpRequest["headers"]): string | undefined {
  const { origin, authorization, "sec-fetch-site": site, "content-type": contentType } = headers;
  if (origin !== undefined) return `Web pages cannot use the AWS endpoint: expected no Origin, got ${origin}`;
  // "none" is a person: an address typed in, a bookmark.
  if (site !== undefined && site !== "none") {
    return `Web pages cannot use the AWS endpoint: expected no Sec-Fetch-Site, got ${site}`;
  }
  if (authorization === undefined && contentType !== undefined && pageContentType.test(contentType)) {
    return `Web pages cannot use the AWS endpoint: expected a signature or a content type such as application/json, got ${contentType}`;
  }
  return undefined;
}

/** Where a page is to send, as the settings that it gets say. */
export interface ApiAddress {
  /** A name, perhaps with a port. */
  readonly host: string;
  readonly protocol: "http" | "https";
}

/** Names that lead to the machine of the one who asks (RFC 6761, section 6.3). API Gateway answers to none of them. */
const loopback = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * The address of the API for a page that asks for its settings. `Host` is what the one who asks has written: it only chooses
 * among the hosts of the configuration, or names a loopback address. Otherwise it is the first of these hosts, or the
 * API's own domain. Proxies that take https, API Gateway among them, say so in `X-Forwarded-Proto`.
 */
export function apiAddress(
  headers: Readonly<Record<string, string | undefined>>,
  domainName: string,
  hosts: readonly string[],
): ApiAddress {
  const { host = "", "x-forwarded-proto": forwarded = "" } = headers;
  const asked = host.toLowerCase();
  const isKnown = hosts.includes(asked) || loopback.test(asked);
  const protocol = forwarded.split(",", 1)[0]?.trim().toLowerCase() === "http" ? "http" : "https";
  return { host: isKnown ? asked : (hosts[0] ?? domainName), protocol };
}

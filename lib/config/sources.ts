import { checkKeys, checkPath, isObject, type Problem } from "./check-fields.ts";

const sourcesMax = 100;
const originsMax = 100;
const pathsMax = 100;

export function checkSources(sources: unknown, problem: Problem): void {
  if (!isObject(sources)) return problem("sources", "an object of sources by name", sources);
  const entries = Object.entries(sources);
  if (entries.length > sourcesMax) problem("sources", `at most ${sourcesMax} sources`, entries.length);
  const keys = new Map<string, string>();
  for (const [name, source] of entries) {
    const path = `sources.${name}`;
    // The name stands in the name of a secret, in logs and in events.
    if (!/^[a-z][a-z0-9_-]{0,31}$/.test(name) || name in Object.prototype) {
      problem(path, "a name of up to 32 lower-case letters, digits, '_', '-', that starts with a letter", name);
    }
    if (!isObject(source)) {
      problem(path, "an object, {} for the defaults", source);
      continue;
    }
    checkKeys(source, `${path}.`, ["laptopKey", "allowedOrigins", "keepAddress"], problem);
    const { laptopKey = name, allowedOrigins, keepAddress } = source;
    checkLaptopKey(laptopKey, path, keys, problem);
    if (allowedOrigins !== undefined) checkOrigins(allowedOrigins, `${path}.allowedOrigins`, problem);
    if (keepAddress !== undefined && typeof keepAddress !== "boolean") {
      problem(`${path}.keepAddress`, "true or false", keepAddress);
    }
  }
}

/** What goes into a user name of HTTP's Basic scheme and into a URL as it is. */
function checkLaptopKey(key: unknown, path: string, keys: Map<string, string>, problem: Problem): void {
  if (typeof key !== "string" || !/^[A-Za-z0-9._~-]{1,64}$/.test(key)) {
    return problem(`${path}.laptopKey`, "a key of 1 to 64 letters, digits, '.', '_', '~', '-'", key);
  }
  const other = keys.get(key);
  if (other !== undefined) problem(`${path}.laptopKey`, `a key of its own: it is that of ${other}`, key);
  keys.set(key, path);
}

function checkOrigins(origins: unknown, path: string, problem: Problem): void {
  if (!Array.isArray(origins)) return problem(path, 'a list of origins, or ["*"] for any', origins);
  if (origins.length > originsMax) problem(path, `at most ${originsMax} origins`, origins.length);
  if (origins.includes("*") && origins.length > 1) problem(path, '"*" alone, or origins', origins);
  for (const [index, origin] of origins.entries()) {
    if (origin !== "*" && !isOrigin(origin)) {
      problem(`${path}.${index}`, 'an origin such as "https://shop.example", without a path, or "*"', origin);
    }
  }
}

/** As a browser sends it (RFC 6454, section 6.2). Apps in a web view have schemes of their own. */
function isOrigin(origin: unknown): boolean {
  if (typeof origin !== "string" || origin.length > 300 || !URL.canParse(origin)) return false;
  if (/^https?:/.test(origin)) return new URL(origin).origin === origin && !origin.includes("*");
  return /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin);
}

const hostsMax = 100;

export function checkCollector(collector: unknown, problem: Problem): void {
  if (!isObject(collector)) return problem("collector", "an object with hosts", collector);
  checkKeys(collector, "collector.", ["hosts"], problem);
  const { hosts = [] } = collector;
  if (!Array.isArray(hosts)) return problem("collector.hosts", "a list of host names", hosts);
  if (hosts.length > hostsMax) problem("collector.hosts", `at most ${hostsMax} host names`, hosts.length);
  for (const [index, host] of hosts.entries()) {
    if (!isHost(host)) {
      problem(
        `collector.hosts.${index}`,
        'a host such as "events.shop.example", in small letters, without https://',
        host,
      );
    }
  }
}

/** As a browser writes it into `Host`: in small letters, and with a port only where that is not the usual one. */
function isHost(host: unknown): boolean {
  if (typeof host !== "string" || host.length > 253 || !/^[a-z0-9.-]+(:\d{1,5})?$/.test(host)) return false;
  return URL.canParse(`https://${host}`) && new URL(`https://${host}`).host === host;
}

/** Without these an event is none, or another. */
const needed = new Set(["type", "event", "messageId", "source", "timestamp"]);

export function checkPrivacy(privacy: unknown, problem: Problem): void {
  if (!isObject(privacy)) return problem("privacy", "an object with remove and hash", privacy);
  checkKeys(privacy, "privacy.", ["remove", "hash"], problem);
  const removed = pathsOf(privacy.remove, "privacy.remove", problem);
  const hashed = pathsOf(privacy.hash, "privacy.hash", problem);
  for (const [index, path] of hashed.entries()) {
    const over = removed.find((other) => path === other || path.startsWith(`${other}.`));
    if (over !== undefined) problem(`privacy.hash.${index}`, `a path that is not removed with "${over}"`, path);
  }
}

function pathsOf(value: unknown, path: string, problem: Problem): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > pathsMax) {
    problem(path, `a list of at most ${pathsMax} dotted paths`, Array.isArray(value) ? value.length : value);
    return [];
  }
  for (const [index, one] of value.entries()) {
    checkPath(one, `${path}.${index}`, problem);
    if (needed.has(one)) problem(`${path}.${index}`, `a path other than ${[...needed].join(", ")}`, one);
  }
  return value.filter((one) => typeof one === "string");
}

import { createHmac } from "node:crypto";
import { isIP } from "node:net";
import type { PrivacyRules } from "../config/settings.ts";
import { collectLimits } from "../limits.ts";
import type { Fields } from "../stream/event/fields.ts";
import { isRawNumber } from "../stream/event/json.ts";

/** Gives an event as it may be kept. The given one is not changed. */
export type Privacy = (event: Fields) => Fields;

/** What happens to the value at a place: nothing by itself, or one of the two; and the places below it. */
interface Place {
  action: "remove" | "hash" | undefined;
  readonly below: Map<string, Place>;
}

/** Lists and objects in a value to hash; what lies deeper is left out: it is nobody's name or address. */
const depthMax = 64;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

function placesOf({ remove, hash }: PrivacyRules): Place {
  const top: Place = { action: undefined, below: new Map() };
  const mark = (path: string, action: "remove" | "hash"): void => {
    let place = top;
    for (const name of path.split(".")) {
      const next = place.below.get(name) ?? { action: undefined, below: new Map() };
      place.below.set(name, next);
      place = next;
    }
    place.action = action;
  };
  for (const path of hash) mark(path, "hash");
  // Where a path stands in both, less is kept.
  for (const path of remove) mark(path, "remove");
  return top;
}

/**
 * Makes the rules' function: `remove` leaves the values at its paths out, `hash` puts the HMAC-SHA-256 in hex in their
 * place, of a text's UTF-8 or a number's or boolean's JSON; null stays. In a list or object that is hashed, everything
 * is. A path that goes through a list means each of its entries, and may name one by its index. A path also names what has
 * some of its dots inside a name, as flattened exports do. Of the values in lists and objects and under flattened names, only
 * the first `hashedInListsMax` of an event are hashed, and the rest is left out: such an event is too large to count anyway.
 * Throws where there is something to hash and no key.
 */
export function privacyOf(rules: PrivacyRules, hashKey: string | undefined): Privacy {
  if (rules.remove.length + rules.hash.length === 0) return (event) => event;
  if (rules.hash.length > 0 && (hashKey === undefined || hashKey === "")) {
    throw new Error(`Expected a key to hash ${rules.hash.join(", ")} with, got none`);
  }
  const key = hashKey ?? "";
  const top = placesOf(rules);
  return (event) => applied(event, top.below, hashesOf(key)) as Fields;
}

interface Hashes {
  /** Of the value at a place; there are no more of them than rules. */
  readonly one: (value: unknown) => unknown;
  /** Of a value in a list or object, which may hold any number of them. */
  readonly listed: (value: unknown) => unknown;
}

/** The hashes of one event. */
function hashesOf(key: string): Hashes {
  const hmac = (text: string): string => createHmac("sha256", key).update(text).digest("hex");
  let left: number = collectLimits.hashedInListsMax;
  const listed = (value: unknown, depth: number): unknown => {
    if (value === null || value === undefined) return value;
    const text = textOf(value);
    if (text !== undefined) return left-- > 0 ? hmac(text) : undefined;
    if (typeof value !== "object" || depth === depthMax) return undefined;
    if (!Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, listed(entry, depth + 1)]));
    }
    const entries: unknown[] = [];
    for (const entry of value) {
      if (left <= 0) break;
      entries.push(listed(entry, depth + 1) ?? null);
    }
    return entries;
  };
  const one = (value: unknown): unknown => {
    const text = textOf(value);
    return text === undefined ? listed(value, 0) : hmac(text);
  };
  return { one, listed: (value) => listed(value, 0) };
}

/** What is hashed of a value; undefined for lists, objects and null. */
function textOf(value: unknown): string | undefined {
  if (isRawNumber(value)) return value.rawJSON;
  return typeof value === "object" || value === undefined ? undefined : String(value);
}

/** A copy where something below changes; the value itself where nothing does. As deep as the rules' paths, no deeper. */
function applied(value: unknown, below: Place["below"], hashes: Hashes): unknown {
  if (!isObject(value) || below.size === 0) return value;
  if (Array.isArray(value)) return appliedToList(value, below, { ...hashes, one: hashes.listed });
  const entries: [string, unknown][] = [];
  let changed = false;
  for (const [name, before] of Object.entries(value)) {
    const place = below.get(name);
    const isFlat = place === undefined && name.includes(".");
    const flat = isFlat ? flatPlaced(before, name, below, hashes) : before;
    const after = place === undefined ? flat : placed(before, place, hashes);
    changed ||= after !== before;
    // JSON has no undefined: it stands for what was left out.
    if (after !== undefined) entries.push([name, after]);
  }
  return changed ? Object.fromEntries(entries) : value;
}

const index = /^\d+$/;

/**
 * The same under a flat name, in which flattened exports have several with dots between. It is of the places of all of
 * them: what lies below a value that is removed or hashed is so too. As in a list, an index may be left out of a path.
 */
function flatPlaced(value: unknown, name: string, below: Place["below"], hashes: Hashes): unknown {
  let places: readonly Place[] = [{ action: undefined, below }];
  const actions = new Set<Place["action"]>();
  for (const part of name.split(".", depthMax)) {
    const next = places.map((place) => place.below.get(part)).filter((place) => place !== undefined);
    for (const { action } of next) actions.add(action);
    places = index.test(part) ? [...new Set([...places, ...next])] : next;
  }
  if (actions.has("remove")) return undefined;
  const kept = places.reduce((each, place) => applied(each, place.below, { ...hashes, one: hashes.listed }), value);
  return actions.has("hash") ? hashes.listed(kept) : kept;
}

/** An index reaches one entry; all other names reach into every one. A removed entry leaves null, so that the others keep their places. */
function appliedToList(list: readonly unknown[], below: Place["below"], hashes: Hashes): readonly unknown[] {
  let changed = false;
  const entries = list.map((before, index) => {
    const place = below.get(String(index));
    const here = place === undefined ? before : (placed(before, place, hashes) ?? null);
    const after = applied(here, below, hashes);
    changed ||= after !== before;
    return after;
  });
  return changed ? entries : list;
}

function placed(value: unknown, { action, below }: Place, hashes: Hashes): unknown {
  if (action === "remove") return undefined;
  const rest = applied(value, below, hashes);
  return action === "hash" ? hashes.one(rest) : rest;
}

/** Addresses that hold an IPv4 address behind it (RFC 3056). */
const sixToFour = 0x2002;

/**
 * An address cut to its network: "203.0.113.0" of IPv4 (/24), "2001:db8:1::" of IPv6 (/48); one that holds an IPv4 address
 * keeps no more than /24 of that. Undefined for what is no address.
 */
export function cutAddress(address: string): string | undefined {
  const version = isIP(address);
  if (version === 4) return `${address.split(".").slice(0, 3).join(".")}.0`;
  if (version !== 6) return undefined;
  const groups = ipv6Groups(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const [prefix, , third = 0, , , , high = 0, low = 0] = groups;
  if (isMapped) return `${high >> 8}.${high & 255}.${low >> 8}.0`;
  const network = groups.slice(0, 3);
  if (prefix === sixToFour) network[2] = third & 0xff00;
  const kept = network.map((group) => group.toString(16));
  // RFC 5952, section 4.2.2: the zeros of the rest are one run that reaches back over zero groups before it.
  while (kept.at(-1) === "0") kept.pop();
  return `${kept.join(":")}::`;
}

/** The eight groups of an IPv6 address that is one. */
function ipv6Groups(address: string): number[] {
  const [plain = ""] = address.split("%");
  const [before = "", after] = plain.split("::");
  const head = groupsOf(before);
  const tail = groupsOf(after ?? "");
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

const groupsOf = (text: string): number[] =>
  text === ""
    ? []
    : text.split(":").flatMap((group) => {
        if (!group.includes(".")) return Number.parseInt(group, 16);
        const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
        return [a * 256 + b, c * 256 + d];
      });

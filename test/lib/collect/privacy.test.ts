import { createHmac } from "node:crypto";
import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAddress, privacyOf } from "../../../lib/collect/privacy.ts";
import { collectLimits, recordLimits } from "../../../lib/limits.ts";
import type { Fields } from "../../../lib/stream/event/fields.ts";
import { parseJsonToWrite } from "../../../lib/stream/event/json.ts";
import { namesOfPath } from "../../../lib/stream/event/path.ts";

const key = "a key of thirty-two characters..";
const hmac = (text: string) => createHmac("sha256", key).update(text).digest("hex");
const privacy = (rules: { remove?: string[]; hash?: string[] }) => privacyOf({ remove: [], hash: [], ...rules }, key);

describe("what privacy removes", () => {
  it("is gone, and all else stays as it is", () => {
    const event = { type: "track", context: { ip: "203.0.113.7", page: { path: "/" } }, userId: "ann" };
    expect(privacy({ remove: ["context.ip", "traits.email", "userId.x"] })(event)).toEqual({
      ...event,
      context: { page: { path: "/" } },
    });
    expect(event.context.ip).toBe("203.0.113.7");
  });

  it("is a whole branch where the path names one", () => {
    expect(privacy({ remove: ["context"] })({ context: { a: { b: 1 } }, a: 1 })).toEqual({ a: 1 });
  });

  it("is gone from every entry of a list, or from the one that the path names", () => {
    const event = { items: [{ note: "a", sku: 1 }, [{ note: "b" }], "note", null] };
    expect(privacy({ remove: ["items.note"] })(event)).toEqual({ items: [{ sku: 1 }, [{}], "note", null] });
    // Through a list in the list too: what is not kept cannot be too much.
    expect(privacy({ remove: ["items.0"] })(event)).toEqual({ items: [null, [null], "note", null] });
    expect(privacy({ remove: ["items.0.sku"] })(event)).toEqual({
      items: [{ note: "a" }, [{ note: "b" }], "note", null],
    });
  });

  it("stays gone where something below it is hashed", () => {
    expect(privacy({ remove: ["traits"], hash: ["traits.email"] })({ traits: { email: "a" } })).toEqual({});
    expect(privacy({ remove: ["userId"], hash: ["userId"] })({ userId: "a" })).toEqual({});
  });
});

describe("what privacy hashes", () => {
  it("is the HMAC-SHA-256 of its text in hex", () => {
    const event = { userId: "ann", traits: { email: "ann@shop.example", age: 30, paying: true, name: null } };
    expect(privacy({ hash: ["userId", "traits"] })(event)).toEqual({
      userId: hmac("ann"),
      traits: { email: hmac("ann@shop.example"), age: hmac("30"), paying: hmac("true"), name: null },
    });
    // RFC 4231, test case 2.
    expect(privacyOf({ remove: [], hash: ["a"] }, "Jefe")({ a: "what do ya want for nothing?" })).toEqual({
      a: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    });
  });

  const { hashedInListsMax } = collectLimits;
  const emails = Array.from({ length: hashedInListsMax * 3 }, (_, index) => `${index}@shop.example`);
  it.each<[where: string, path: string, event: Fields]>([
    ["a list", "a", { a: emails, z: "ann" }],
    ["an object", "a", { a: { ...emails }, z: "ann" }],
    ["lists in a list", "a", { a: emails.map((email) => [email]), z: "ann" }],
    ["the objects of a list", "a.b", { a: emails.map((b) => ({ b })), z: "ann" }],
  ])("stops in %s once its hashes fill an event, and is always the value that a path names", (_, path, event) => {
    const hashed = privacy({ hash: [path, "z"] })(event);
    const text = JSON.stringify(hashed);
    expect(text.match(/[0-9a-f]{64}/g)).toHaveLength(hashedInListsMax + 1);
    expect(text).not.toContain("shop.example");
    expect(text).toContain(hmac(`${hashedInListsMax - 1}@shop.example`));
    expect(hashed.z).toBe(hmac("ann"));
    // So the limit changes no event that could be counted.
    expect(Buffer.byteLength(text)).toBeGreaterThan(recordLimits.eventBytesMax);
  });

  it("is every digit of a whole number", () => {
    const event = parseJsonToWrite('{"userId":2053013552326770905,"traits":{"card":[2053013552326770906]}}') as Fields;
    expect(privacy({ hash: ["userId", "traits"] })(event)).toEqual({
      userId: hmac("2053013552326770905"),
      traits: { card: [hmac("2053013552326770906")] },
    });
  });

  it("is everything in a list or an object, and what is removed in it is gone first", () => {
    const rules = { hash: ["traits"], remove: ["traits.phone"] };
    const event = { traits: { phone: "1", emails: ["a", { b: "c" }] } };
    expect(privacy(rules)(event)).toEqual({ traits: { emails: [hmac("a"), { b: hmac("c") }] } });
  });

  it("is left out where it is deeper than any name or address lies", () => {
    const deep: unknown = JSON.parse(`${"[".repeat(15_000)}"ann"${"]".repeat(15_000)}`);
    expect(privacy({ hash: ["a"], remove: ["a.b"] })({ a: "b", c: deep })).toEqual({ a: hmac("b"), c: deep });
    expect(JSON.stringify(privacy({ hash: ["a"] })({ a: deep }))).not.toContain("ann");
  });

  it("needs a key, and one that is not empty", () => {
    for (const none of [undefined, ""]) {
      expect(() => privacyOf({ remove: [], hash: ["userId"] }, none)).toThrow("Expected a key to hash userId with");
      expect(privacyOf({ remove: ["userId"], hash: [] }, none)({ userId: "ann" })).toEqual({});
    }
  });
});

/** An object with a value under names that are inside one another. */
const within = (names: readonly string[], value: unknown): Fields =>
  names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Fields;

describe("what a path names under a flat name", () => {
  const path = "properties.user.email";
  const ways = namesOfPath(path);

  it.each(ways.map((names) => [names.join(" > "), names] as const))("%s is removed or hashed", (_, names) => {
    const beside = { type: "track", "properties.user.emails": "kept", "user.email": "kept", properties2: "kept" };
    const event = { ...within(names, "ann@shop.example"), ...beside };
    expect(privacy({ remove: [path] })(event)).toEqual({ ...within(names.slice(0, -1), {}), ...beside });
    expect(privacy({ hash: [path] })(event)).toEqual({ ...within(names, hmac("ann@shop.example")), ...beside });
    expect(event).toEqual({ ...within(names, "ann@shop.example"), ...beside });
  });

  it("is gone wherever it is, though it be there several times", () => {
    const event = {
      properties: { user: { email: "a" }, "user.email": "b" },
      "properties.user": { email: "c" },
      "properties.user.email": "d",
    };
    const empty = { properties: { user: {} }, "properties.user": {} };
    expect(privacy({ remove: [path] })(event)).toEqual(empty);
    expect(privacy({ hash: [path] })(event)).toEqual({
      properties: { user: { email: hmac("a") }, "user.email": hmac("b") },
      "properties.user": { email: hmac("c") },
      "properties.user.email": hmac("d"),
    });
  });

  it("is all that lies below it", () => {
    const event = { properties: { "user.email": "a", "user.address.city": "b", username: "c" } };
    expect(privacy({ remove: ["properties.user"] })(event)).toEqual({ properties: { username: "c" } });
    expect(privacy({ hash: ["properties.user"], remove: ["properties.user.email"] })(event)).toEqual({
      properties: { "user.address.city": hmac("b"), username: "c" },
    });
  });

  it("is every entry of a list, with its index in the name or not", () => {
    const event = {
      "properties.items.0.note": "a",
      properties: { "items.1.note": "b", items: [{ note: "c", "maker.name": "d" }], "items.2": { note: "e", sku: 1 } },
    };
    expect(privacy({ remove: ["properties.items.note", "properties.items.maker.name"] })(event)).toEqual({
      properties: { items: [{}], "items.2": { sku: 1 } },
    });
    expect(privacy({ remove: ["properties.items.1.note"] })(event)).toEqual({
      "properties.items.0.note": "a",
      properties: { items: event.properties.items, "items.2": event.properties["items.2"] },
    });
  });

  it("is nothing of the language's own", () => {
    const text = '{"__proto__.email":"a","a.__proto__":"b","a.constructor.email":"c","..":"d","a.":"e",".a":"f"}';
    expect(JSON.stringify(privacy({ remove: ["a.email"] })(JSON.parse(text)))).toBe(text);
  });

  it("is looked for in a name of any length", () => {
    const event = { [`a${".0".repeat(100_000)}`]: "kept", [`${"0.".repeat(60)}a.b`]: "ann" };
    expect(Object.values(privacy({ remove: ["a.b", "0.0"] })(event))).toEqual(["kept"]);
  });
});

describe("privacy", () => {
  const names = ["a", "b", "c", "0", "1"];
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const { value } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie("value"), { maxLength: 3 }), tie("object")),
    object: fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 4 }),
  }));
  const event = fc.dictionary(fc.constantFrom(...names), value);
  const path = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
  const paths = fc.array(path, { maxLength: 4 });

  /** All texts, numbers and booleans at a path, through lists too. */
  function valuesAt(value: unknown, [name, ...rest]: readonly string[]): unknown[] {
    if (typeof value !== "object" || value === null) return name === undefined && value !== undefined ? [value] : [];
    if (name === undefined) return Object.values(value).flatMap((one) => valuesAt(one, []));
    if (!Array.isArray(value))
      return valuesAt(
        Object.hasOwn(value, name) ? Object.entries(value).find(([own]) => own === name)?.[1] : undefined,
        rest,
      );
    const every = value.flatMap((one) => valuesAt(one, [name, ...rest]));
    return /^\d+$/.test(name) ? [...every, ...valuesAt(value[Number(name)], rest)] : every;
  }

  /** The same with a different text for each text, number or boolean. */
  function numbered(value: unknown, next = { number: 0 }): unknown {
    if (value === null) return null;
    if (typeof value !== "object") return `v${next.number++}`;
    if (Array.isArray(value)) return value.map((one) => numbered(one, next));
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, numbered(one, next)]));
  }

  /** The same with some of the objects and lists inside given up: their names and indexes are part of flat names. */
  function flattened(value: unknown, isJoined: () => boolean): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((one) => flattened(one, isJoined));
    const entries = Object.entries(value).flatMap(([name, one]) => {
      const isBranch = typeof one === "object" && one !== null && isJoined();
      if (!isBranch) return [[name, flattened(one, isJoined)]];
      const inner = flattened(Array.isArray(one) ? { ...one } : one, isJoined);
      return Object.entries(inner as Fields).map(([below, each]) => [`${name}.${below}`, each]);
    });
    return Object.fromEntries(entries);
  }

  it("leaves nothing at a removed path and hashes only at a hashed one, whatever the event and the paths", () => {
    fc.assert(
      fc.property(event, paths, paths, (fields, remove, hash) => {
        const kept = privacyOf({ remove, hash }, key)(fields);
        for (const one of remove) expect(valuesAt(kept, one.split(".")).filter((value) => value !== null)).toEqual([]);
        for (const one of hash) {
          for (const value of valuesAt(kept, one.split("."))) {
            if (value !== null) expect(value).toMatch(/^[0-9a-f]{64}$/);
          }
        }
      }),
    );
  });

  it("leaves nothing of it under flat names either, whichever of the names are joined", () => {
    const joints = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(event, paths, paths, joints, (drawn, remove, hash, joined) => {
        const fields = numbered(drawn) as Fields;
        const apply = privacyOf({ remove, hash }, key);
        const texts = (value: unknown): string[] => JSON.stringify(value).match(/"v\d+"/g) ?? [];
        const kept = new Set(texts(apply(fields)));
        const next = joined.values();
        const flat = flattened(fields, () => next.next().value === true);
        for (const text of texts(apply(flat as Fields))) expect(kept).toContain(text);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps equal values equal, different ones different, and does not change what it was given", () => {
    fc.assert(
      fc.property(event, fc.string(), fc.string(), (fields, one, other) => {
        const apply = privacyOf({ remove: ["c"], hash: ["a"] }, key);
        const before = structuredClone(fields);
        const kept = apply(fields);
        expect(fields).toEqual(before);
        expect(kept.b).toBe(fields.b);
        expect(apply({ a: one }).a === apply({ a: other }).a).toBe(one === other);
      }),
    );
  });

  it("takes names of the language's own as names", () => {
    const fields = JSON.parse('{"__proto__":{"a":1},"constructor":"x","a":{"__proto__":"ann"}}');
    const kept = privacy({ remove: ["a.b"], hash: ["constructor"] })(fields);
    expect(JSON.stringify(kept)).toBe(`{"__proto__":{"a":1},"constructor":"${hmac("x")}","a":{"__proto__":"ann"}}`);
  });
});

describe("an address", () => {
  it.each([
    ["203.0.113.7", "203.0.113.0"],
    ["0.0.0.0", "0.0.0.0"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
    ["2001:DB8::1", "2001:db8::"],
    ["2001:db8:0:ffff::", "2001:db8::"],
    ["2001:0:5::1", "2001:0:5::"],
    ["::1", "::"],
    ["1::", "1::"],
    ["fe80::1%eth0", "fe80::"],
    ["::ffff:203.0.113.7", "203.0.113.0"],
    ["::ffff:cb00:7107", "203.0.113.0"],
    ["0:0:0:0:0:ffff:203.0.113.7", "203.0.113.0"],
    ["64:ff9b::203.0.113.7", "64:ff9b::"],
    ["2002:cb00:7107::1", "2002:cb00:7100::"],
    ["", undefined],
    ["203.0.113.7:80", undefined],
    ["[2001:db8::1]", undefined],
    ["203.0.113", undefined],
    ["ann", undefined],
  ])("%s is cut to %s", (address, cut) => {
    expect(cutAddress(address)).toBe(cut);
  });

  it("is cut to one of the same kind that is its own network, and is the same for all of the network", () => {
    const mapped = fc.ipV4().map((address) => `::ffff:${address}`);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), mapped), (address) => {
        const cut = cutAddress(address) ?? "";
        expect(isIP(cut)).not.toBe(0);
        expect(cutAddress(cut)).toBe(cut);
      }),
    );
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        const text = (parts: number[]) => parts.map((part) => part.toString(16)).join(":");
        const isMapped = [one, other].some((parts) => parts.slice(0, 5).every((part) => part === 0));
        fc.pre(!isMapped);
        const neighbour = [...one.slice(0, 3), ...other.slice(3)];
        expect(cutAddress(text(neighbour))).toBe(cutAddress(text(one)));
        expect(cutAddress(text(other)) === cutAddress(text(one))).toBe(`${one.slice(0, 3)}` === `${other.slice(0, 3)}`);
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), (one, other) => {
        const network = (address: string) => address.split(".").slice(0, 3).join(".");
        expect(cutAddress(`::ffff:${one}`)).toBe(cutAddress(one));
        expect(cutAddress(one) === cutAddress(other)).toBe(network(one) === network(other));
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { privacyRulesOf, sourcesOf } from "../../../lib/config/settings.ts";
import type { Config } from "../../../lib/config/shape.ts";
import { problemsOf, withMetric } from "./problems.ts";

const withSources = (sources: unknown) => ({ ...withMetric({}), sources }) as Config;
const withSource = (source: unknown) => withSources({ web: source });
const withPrivacy = (privacy: unknown) => ({ ...withMetric({}), privacy }) as Config;

describe("sources", () => {
  it("have defaults for everything: the laptop's key is the name, any origin may send, addresses are cut", () => {
    const config = withSources({ web: {}, server: { allowedOrigins: [], keepAddress: true } });
    expect(problemsOf(config)).toEqual([]);
    expect(sourcesOf(config)).toEqual([
      { name: "web", allowedOrigins: ["*"], keepAddress: false },
      { name: "server", allowedOrigins: [], keepAddress: true },
    ]);
    expect(sourcesOf(withMetric({}))).toEqual([]);
  });

  it.each([
    "*",
    "https://shop.example",
    "http://localhost:3000",
    "https://127.0.0.1:8443",
    "https://xn--bcher-kva.example",
    "http://[::1]:80801".slice(0, -1),
    "capacitor://localhost",
    "chrome-extension://abcdefghijklmnop",
  ])("may send from %s", (origin) => {
    expect(problemsOf(withSource({ allowedOrigins: [origin] }))).toEqual([]);
  });

  it.each([
    "https://shop.example/",
    "https://shop.example/path",
    "https://SHOP.example",
    "https://bücher.example",
    "https://*.shop.example",
    "https://shop.example:443",
    "https://ann@shop.example",
    "shop.example",
    "null",
    "",
    5,
    `https://${"a".repeat(300)}.example`,
  ])("may not name %s as an origin, for no browser sends that", (origin) => {
    expect(problemsOf(withSource({ allowedOrigins: ["https://a.example", origin] }))).toEqual([
      {
        path: "sources.web.allowedOrigins.1",
        expected: expect.stringContaining("an origin such as"),
        received: expect.any(String),
      },
    ]);
  });

  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`s${at}`, {}]));
  it.each<[title: string, config: unknown, path: string, expected: RegExp, received: string]>([
    ["a list", withSources(["web"]), "sources", /by name/, '["web"]'],
    ["101 of them", withSources(many(101)), "sources", /at most 100/, "101"],
    ["a name in capitals", withSources({ Web: {} }), "sources.Web", /lower-case/, '"Web"'],
    ["a name of 33 letters", withSources({ ["w".repeat(33)]: {} }), expect.any(String), /up to 32/, expect.any(String)],
    ["an inherited name", withSources({ constructor: {} }), "sources.constructor", /a name/, '"constructor"'],
    ["no object", withSource("key"), "sources.web", /an object/, '"key"'],
    ["an unknown key", withSource({ key: "x" }), "sources.web.key", /laptopKey, allowedOrigins, keepAddress/, '"key"'],
    ["a key with a colon", withSource({ laptopKey: "a:b" }), "sources.web.laptopKey", /1 to 64 letters/, '"a:b"'],
    ["an empty key", withSource({ laptopKey: "" }), "sources.web.laptopKey", /1 to 64/, '""'],
    ["origins in a text", withSource({ allowedOrigins: "*" }), "sources.web.allowedOrigins", /a list/, '"*"'],
    [
      "any origin and one",
      withSource({ allowedOrigins: ["*", "https://a.example"] }),
      "sources.web.allowedOrigins",
      /alone/,
      '["*","https://a.example"]',
    ],
    [
      "101 origins",
      withSource({ allowedOrigins: Array(101).fill("https://a.example") }),
      "sources.web.allowedOrigins",
      /at most 100/,
      "101",
    ],
    ["a wish for an address", withSource({ keepAddress: "yes" }), "sources.web.keepAddress", /true or false/, '"yes"'],
    [
      "a key that is another's name",
      withSources({ web: {}, app: { laptopKey: "web" } }),
      "sources.app.laptopKey",
      /that of sources\.web/,
      '"web"',
    ],
  ])("are refused with %s", (_title, config, path, expected, received) => {
    expect(problemsOf(config)).toEqual([{ path, expected: expect.stringMatching(expected), received }]);
  });

  it("are a hundred at most", () => {
    expect(problemsOf(withSources(many(100)))).toEqual([]);
  });
});

describe("the collector's hosts", () => {
  const withCollector = (collector: unknown) => ({ ...withMetric({}), collector }) as Config;

  it.each(["events.shop.example", "localhost:8787", "10.0.0.1", "a.example:8443"])("may be %s", (host) => {
    expect(problemsOf(withCollector({ hosts: [host] }))).toEqual([]);
  });

  it.each<[title: string, collector: unknown, path: string, expected: RegExp, received: string]>([
    ["an address", { hosts: ["https://a.example"] }, "collector.hosts.0", /without https/, '"https://a.example"'],
    ["a path", { hosts: ["a.example/v1"] }, "collector.hosts.0", /a host such as/, '"a.example/v1"'],
    ["large letters", { hosts: ["b.example", "A.example"] }, "collector.hosts.1", /small letters/, '"A.example"'],
    ["any host", { hosts: ["*"] }, "collector.hosts.0", /a host such as/, '"*"'],
    ["the usual port", { hosts: ["a.example:443"] }, "collector.hosts.0", /a host such as/, '"a.example:443"'],
    ["a number", { hosts: [5] }, "collector.hosts.0", /a host such as/, "5"],
    ["a name alone", { hosts: "a.example" }, "collector.hosts", /a list/, '"a.example"'],
    ["101 of them", { hosts: Array(101).fill("a.example") }, "collector.hosts", /at most 100/, "101"],
    ["an unknown key", { host: "a" }, "collector.host", /hosts/, '"host"'],
    ["a list", [], "collector", /an object/, "[]"],
  ])("are refused with %s", (_title, collector, path, expected, received) => {
    expect(problemsOf(withCollector(collector))).toEqual([
      { path, expected: expect.stringMatching(expected), received },
    ]);
  });
});

describe("privacy", () => {
  it("is nothing where nothing is said", () => {
    expect(privacyRulesOf(withMetric({}))).toEqual({ remove: [], hash: [] });
    const privacy = { remove: ["context.ip"], hash: ["userId", "traits.email"] };
    expect(problemsOf(withPrivacy(privacy))).toEqual([]);
    expect(privacyRulesOf(withPrivacy(privacy))).toEqual(privacy);
  });

  it.each<[title: string, privacy: unknown, path: string, expected: RegExp, received: string]>([
    ["a list", ["userId"], "privacy", /remove and hash/, '["userId"]'],
    ["an unknown key", { drop: [] }, "privacy.drop", /remove, hash/, '"drop"'],
    ["a path alone", { remove: "userId" }, "privacy.remove", /a list/, '"userId"'],
    ["101 paths", { hash: Array(101).fill("a") }, "privacy.hash", /at most 100/, "101"],
    ["an inherited name", { hash: ["a.__proto__"] }, "privacy.hash.0", /a dotted path/, '"a.__proto__"'],
    ["a number", { remove: ["a", 5] }, "privacy.remove.1", /a dotted path/, "5"],
    ["what an id counts within", { hash: ["source"] }, "privacy.hash.0", /a path other than .*source/, '"source"'],
    [
      "what an event needs",
      { remove: ["timestamp"] },
      "privacy.remove.0",
      /a path other than type, event/,
      '"timestamp"',
    ],
    [
      "a hash of what is removed",
      { remove: ["traits"], hash: ["userId", "traits.email"] },
      "privacy.hash.1",
      /not removed with "traits"/,
      '"traits.email"',
    ],
  ])("is refused with %s", (_title, privacy, path, expected, received) => {
    expect(problemsOf(withPrivacy(privacy))).toEqual([{ path, expected: expect.stringMatching(expected), received }]);
  });
});

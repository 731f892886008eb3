import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { Analytics } from "@segment/analytics-node";
import { CloudEvent, HTTP } from "cloudevents";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { names } from "../../lib/names.ts";
import { aggregated } from "../lib/stream/aggregated.ts";
import { Laptop } from "./laptop.ts";
import { mendRefunds } from "./mended-refunds.ts";
import { sendFromRudderServer, shippedBefore, shippedNow } from "./rudder-server.ts";
import {
  chromiumIsThere,
  ShopPage,
  searchByRudderStack,
  searchFromPage,
  sendByRudderStack,
  sendFromPage,
} from "./shop-page.ts";
import { throughAnOutage } from "./stream-outage.ts";

const config = join(import.meta.dirname, "collect.config.ts");
const shop = "https://shop.example";
const shopInBrowser = "http://shop.example";
if (!chromiumIsThere) console.warn("Skipped: Chromium is not there, which analytics.js is tested in");

interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

interface Rejected {
  readonly events: readonly { readonly reason: string; readonly detail: string }[];
}

let laptop: Laptop;
let site: ShopPage | undefined;
beforeAll(async () => {
  const opened = chromiumIsThere ? ShopPage.open(shopInBrowser) : undefined;
  laptop = await Laptop.start({ config });
  site = await opened;
});
afterAll(async () => {
  await site?.close();
  await laptop[Symbol.asyncDispose]();
});

const rowsOf = async (question: string): Promise<Answer["rows"]> =>
  (await laptop.get<Answer>(`/v1/metrics/${question}`)).rows;

/** The counts by minute, all within some minutes: those that began in it or right before. */
async function countIn(metric: string, sinceMs: number, source = "site"): Promise<number> {
  const rows = await rowsOf(`${metric}?every=1m&where=source:${source}`);
  const minutes = [sinceMs, Date.now()].map((ms) => new Date(Math.floor(ms / 60_000) * 60_000).toISOString());
  for (const { time } of rows) expect(minutes).toContain(time);
  return rows.reduce((sum, { value }) => sum + Number(value), 0);
}

/** What is in quarantine, as it says why. */
async function rejected(): Promise<Rejected["events"][number][]> {
  const s3 = new S3Client({ ...laptop.aws, forcePathStyle: true });
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const bucket = Buckets[0]?.Name ?? "";
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: names.quarantinePrefix }));
  const files = await Promise.all(Contents.map(({ Key }) => s3.send(new GetObjectCommand({ Bucket: bucket, Key }))));
  const texts = await Promise.all(
    files.map(async ({ Body }) => gunzipSync((await Body?.transformToByteArray()) ?? "")),
  );
  s3.destroy();
  const lines = texts.flatMap((text) => text.toString("utf8").trim().split("\n"));
  return lines.flatMap((line) => (JSON.parse(line) as Rejected).events);
}

/** First and alone: it takes the stream away from all. */
describe("a client", () => {
  test("through an outage of the stream loses nothing of analytics-node's, and counts nothing twice", async () => {
    const options = { writeKey: "server-key", seconds: 6.5, eventsPerSecond: 50 };
    const { events, acknowledged, givenUp, answers } = await throughAnOutage(laptop, options);
    expect([acknowledged, givenUp]).toEqual([events, 0]);
    expect(answers).toEqual({ 200: expect.any(Number), 503: expect.any(Number) });
    await laptop.caughtUp();
    expect(await rowsOf("screens?every=all")).toMatchObject([{ value: events }]);
  });
});

describe.concurrent("the collector on the laptop", () => {
  test("counts what analytics-node sends, once, and quarantines what breaks the plan", async () => {
    const analytics = new Analytics({ writeKey: "server-key", host: laptop.url, flushAt: 20 });
    const problems: unknown[] = [];
    analytics.on("error", (error) => problems.push(error));
    for (let order = 0; order < 100; order++) {
      const userId = `person ${order % 7}`;
      analytics.track({ userId, event: "Order Completed", properties: { revenue: 0.5, currency: "EUR" } });
      analytics.page({ userId, name: "Home" });
    }
    analytics.track({ userId: "ann", event: "Order Completed", properties: { revenue: "much" } });
    analytics.identify({ userId: "ann", traits: { plan: "pro" } });
    await analytics.closeAndFlush();
    expect(problems).toEqual([]);
    await laptop.caughtUp();
    expect(await rowsOf("orders?every=all&by=source")).toMatchObject([{ source: "server", value: 100 }]);
    expect(await rowsOf("page_views?every=all&where=source:server")).toMatchObject([{ value: 100 }]);
    expect(await rowsOf("revenue?every=all&by=currency")).toMatchObject([{ currency: "EUR", value: 50 }]);
    expect(await rejected()).toMatchObject([{ reason: "plan", detail: "properties.revenue: expected number (type)" }]);
  });

  test("takes what a browser sends without a preflight, gzip, and the same again only once", async () => {
    const body = JSON.stringify({
      writeKey: "web",
      type: "page",
      name: "Home",
      messageId: "beacon-1",
      anonymousId: "a",
    });
    const headers = { origin: shop, "content-type": "text/plain;charset=UTF-8" };
    const plain = await fetch(`${laptop.url}/v1/p`, { method: "POST", headers, body });
    expect([plain.status, await plain.json()]).toEqual([200, { success: true }]);
    const zipped = { ...headers, "content-encoding": "gzip" };
    const again = await fetch(`${laptop.url}/v1/p`, { method: "POST", headers: zipped, body: gzipSync(body) });
    expect(again.status).toBe(200);
    await laptop.caughtUp();
    expect(await rowsOf("page_views?every=all&where=source:web")).toMatchObject([{ value: 1 }]);
  });

  test("takes events of 30 KB, forty at once, and a batch of 4 MB, plain and gzip", async () => {
    const event = (at: number, bytes: number) => ({
      type: "track",
      event: "Uploaded",
      messageId: `upload-${bytes}-${at}`,
      text: randomBytes(bytes / 2).toString("hex"),
    });
    const forty = JSON.stringify({ batch: Array.from({ length: 40 }, (_, at) => event(at, 30_000)) });
    const full = JSON.stringify({ batch: Array.from({ length: 128 }, (_, at) => event(at, 32_000)) });
    const authorization = `Basic ${Buffer.from("server-key:").toString("base64")}`;
    const zipped = { "content-encoding": "gzip", "content-type": "application/json" };
    for (const [body, more] of [
      [gzipSync(forty), zipped],
      [full, {}],
      [gzipSync(full), zipped],
    ] as const) {
      const answer = await fetch(`${laptop.url}/v1/batch/`, {
        method: "POST",
        headers: { authorization, ...more },
        body,
      });
      expect([answer.status, await answer.json()]).toEqual([200, { success: true }]);
    }
    await laptop.caughtUp();
    expect(await rowsOf("uploads?every=all")).toMatchObject([{ value: 168 }]);
  });

  test("tells analytics.js to send to the address that it was asked at", async () => {
    const answer = await fetch(`${laptop.url}/v1/projects/web/settings`, { headers: { origin: shop } });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    const { integrations } = (await answer.json()) as { integrations: Record<string, Record<string, string>> };
    const { apiHost, protocol } = integrations["Segment.io"] ?? {};
    expect(`${protocol}://${apiHost}`).toBe(`${laptop.url}/v1`);
    const tunnelled = { origin: shop, "x-forwarded-proto": "https", "x-forwarded-host": "evil.example" };
    const secure = await fetch(`${laptop.url}/v1/projects/web/settings/`, { headers: tunnelled });
    expect(JSON.stringify(await secure.json())).toContain(`"apiHost":"${apiHost}","protocol":"https"`);
  });

  test.each([
    ["an unknown key, which may be new", "/v1/batch", { writeKey: "nobody", batch: [{ type: "page" }] }, 429],
    ["no key", "/v1/batch", { batch: [{ type: "page" }] }, 401],
    ["a page of another origin", "/v1/batch", { writeKey: "web", batch: [{ type: "page" }] }, 403],
    ["no batch", "/v1/batch", { writeKey: "server-key" }, 400],
    ["too much", "/v1/batch", { writeKey: "server-key", text: "x".repeat(4 * 1024 * 1024) }, 413],
    ["another path", "/v1/metric", {}, 404],
  ])("refuses %s", async (_, path, body, status) => {
    const headers = { origin: "https://evil.example" };
    const answer = await fetch(`${laptop.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(status);
  });

  test("answers a preflight beside the metrics, which have none", async () => {
    const headers = {
      origin: shop,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization",
    };
    const answer = await fetch(`${laptop.url}/v1/t`, { method: "OPTIONS", headers });
    expect([answer.status, answer.headers.get("access-control-allow-headers")]).toEqual([204, "authorization"]);
    const metrics = await fetch(`${laptop.url}/v1/metrics`, { headers });
    expect([metrics.status, metrics.headers.get("access-control-allow-origin")]).toEqual([200, null]);
  });
});

describe.concurrent("RudderStack's Node SDK", () => {
  test.each([
    ["gzip", "rudder_node", true],
    ["plain text", "rudder_plain", false],
  ])("has its events counted once, each in its minute, sent as %s", async (_, source, gzip) => {
    const [sinceMs, expected] = [Date.now(), shippedBefore()];
    const writeKey = `${source.replace("_", "-")}-key`;
    await sendFromRudderServer({ writeKey, dataPlaneUrl: laptop.url, gzip }, expected);
    await laptop.caughtUp();
    const shipped = await rowsOf(`shipped?every=1m&from=-4h&where=source:${source}`);
    const before = shipped.filter(({ time }) => Date.parse(String(time)) < sinceMs - 60_000);
    const minuteOf = (time: Date): string => `${time.toISOString().slice(0, 16)}:00.000Z`;
    const rows = expected.map(({ timestamp, events }) => ({ time: minuteOf(timestamp), value: events }));
    expect(before).toMatchObject(rows);
    expect(shipped.slice(before.length).reduce((sum, { value }) => sum + Number(value), 0)).toBe(shippedNow);
    const counts = ["page_views", "screens", "groups"].map((metric) => countIn(metric, sinceMs, source));
    expect(await Promise.all(counts)).toEqual([1, 1, 1]);
    const [identified] = await rowsOf(`identified?every=1m&from=-4h&where=source:${source}`);
    expect(identified).toMatchObject({ time: before[0]?.time, value: 1 });
  });
});

describe.concurrent("CloudEvents by the cloudevents package", () => {
  const auth = `Basic ${Buffer.from("server-key:").toString("base64")}`;
  const eventOf = (id: string, place: string) =>
    new CloudEvent({
      id,
      source: "/parcels",
      type: "example.parcel.delivered",
      time: new Date().toISOString(),
      data: { place },
    });
  const batchHeaders = { "content-type": "application/cloudevents-batch+json" };
  const modes: readonly (readonly [mode: string, message: () => { headers: object; body: unknown }])[] = [
    ["binary", () => HTTP.binary(eventOf("1", "binary"))],
    ["structured", () => HTTP.structured(eventOf("2", "structured"))],
    ["batch", () => ({ headers: batchHeaders, body: JSON.stringify([3, 4].map((id) => eventOf(`${id}`, "batch"))) })],
  ];

  test("are taken in all three modes, and the same again only once", async () => {
    for (const [mode, message] of [...modes, ...modes]) {
      const { headers, body } = message();
      const sent = { ...(headers as Record<string, string>), authorization: auth };
      const answer = await fetch(`${laptop.url}/v1/cloudevents`, { method: "POST", headers: sent, body: String(body) });
      expect([mode, answer.status]).toEqual([mode, 200]);
    }
    await laptop.caughtUp();
    const rows = await rowsOf("deliveries?every=all&by=place");
    const counts = Object.fromEntries(rows.map(({ place, value }) => [place, value]));
    expect(counts).toEqual({ binary: 1, structured: 1, batch: 2 });
  });
});

describe.concurrent("a record that AWS's own library aggregated", () => {
  test("is counted by its events, once, in their minute", async () => {
    const timestamp = new Date(Date.now() - 5 * 60_000).toISOString();
    const events = Array.from({ length: 40 }, (_, index) => ({
      type: "track",
      event: "Packed",
      userId: `person ${index}`,
      messageId: `packed-${index}`,
      timestamp,
    }));
    const Data = aggregated(...events.map((event) => JSON.stringify(event)));
    const kinesis = new KinesisClient(laptop.aws);
    for (const PartitionKey of ["a", "b"]) {
      await kinesis.send(new PutRecordCommand({ StreamName: names.stream, PartitionKey, Data }));
    }
    kinesis.destroy();
    await laptop.caughtUp();
    const minute = `${timestamp.slice(0, 16)}:00.000Z`;
    expect(await rowsOf("packed?every=1m")).toMatchObject([{ time: minute, value: 40 }]);
  });
});

describe.skipIf(!chromiumIsThere).concurrent("analytics.js in a browser, on a page of another origin", () => {
  test("has its page, its track and its identify counted once, in their minute", async () => {
    const sinceMs = Date.now();
    const tab = await (site ?? expect.fail("no site")).visit(`${shopInBrowser}/start`);
    const answered = ["p", "t", "i"].map((call) => tab.waitForResponse(`${laptop.url}/v1/${call}`));
    await tab.evaluate(sendFromPage, laptop.url);
    expect((await Promise.all(answered)).map((answer) => answer.status())).toEqual([200, 200, 200]);
    await tab.close();
    await laptop.caughtUp();
    const counts = ["page_views", "clicks", "identified"].map((metric) => countIn(metric, sinceMs));
    expect(await Promise.all(counts)).toEqual([1, 1, 1]);
  });

  test("sends what it still holds when its tab is closed", async () => {
    const sinceMs = Date.now();
    const open = site ?? expect.fail("no site");
    const tab = await open.visit(`${shopInBrowser}/search`);
    const sent: string[] = [];
    tab.on("request", (request) => void sent.push(request.method()));
    await tab.evaluate(searchFromPage, laptop.url);
    expect(sent).toEqual(["GET"]);
    await open.leave(tab);
    const arrived = async (): Promise<void> => {
      expect(await rowsOf("searches?every=all&where=source:site")).toMatchObject([{ value: 7 }]);
    };
    await vi.waitFor(arrived, { timeout: 10_000 });
    await laptop.caughtUp();
    expect(await countIn("searches", sinceMs)).toBe(7);
  });
});

describe.skipIf(!chromiumIsThere).concurrent("RudderStack's SDK in a browser, on a page of another origin", () => {
  test("has its page, its track and its identify counted once, in their minute", async () => {
    const sinceMs = Date.now();
    const tab = await (site ?? expect.fail("no site")).visit(`${shopInBrowser}/start`);
    const answered = ["page", "track", "identify"].map((call) => tab.waitForResponse(`${laptop.url}/v1/${call}`));
    await tab.evaluate(sendByRudderStack, laptop.url);
    expect((await Promise.all(answered)).map((answer) => answer.status())).toEqual([200, 200, 200]);
    await tab.close();
    await laptop.caughtUp();
    const counts = ["page_views", "clicks", "identified"].map((metric) => countIn(metric, sinceMs, "rudder"));
    expect(await Promise.all(counts)).toEqual([1, 1, 1]);
  });

  test("sends what it still holds by a beacon when its tab is closed", async () => {
    const sinceMs = Date.now();
    const open = site ?? expect.fail("no site");
    const tab = await open.visit(`${shopInBrowser}/search`);
    const sent: string[] = [];
    tab.on("request", (request) => void sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await tab.evaluate(searchByRudderStack, laptop.url);
    expect(sent).toEqual(["GET /sourceConfig/"]);
    await open.leave(tab);
    const arrived = async (): Promise<void> => {
      expect(await rowsOf("searches?every=all&where=source:rudder")).toMatchObject([{ value: 5 }]);
    };
    await vi.waitFor(arrived, { timeout: 10_000 });
    await laptop.caughtUp();
    expect(await countIn("searches", sinceMs, "rudder")).toBe(5);
  });
});

/** When the others have ended: they look at all of quarantine. */
describe("an event that broke the plan", () => {
  test("is found, read, mended and counted, once however often it is replayed", () => mendRefunds(laptop, config));
});

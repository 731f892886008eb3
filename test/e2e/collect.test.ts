import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { Analytics } from "@segment/analytics-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { names } from "../../lib/names.ts";
import { Laptop } from "./laptop.ts";

const config = join(import.meta.dirname, "collect.config.ts");
const shop = "https://shop.example";

interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

interface Rejected {
  readonly events: readonly { readonly reason: string; readonly detail: string }[];
}

let laptop: Laptop;
beforeAll(async () => {
  laptop = await Laptop.start({ config });
});
afterAll(() => laptop[Symbol.asyncDispose]());

const rowsOf = async (question: string): Promise<Answer["rows"]> =>
  (await laptop.get<Answer>(`/v1/metrics/${question}`)).rows;

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

describe("the collector on the laptop", () => {
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

  test("through an outage of the stream loses nothing of analytics-node's, and counts nothing twice", async () => {
    const analytics = new Analytics({ writeKey: "server-key", host: laptop.url, flushAt: 5 });
    const statuses = new Set<number>();
    analytics.on("http_response", ({ status }) => statuses.add(Number(status)));
    // Longer than the collector waits: it takes what is put into it, and answers nothing.
    await laptop.rehearse("services/kinesis", { answers: "lost", seconds: 6.5 });
    for (let screen = 0; screen < 25; screen++) analytics.screen({ userId: `person ${screen}`, name: "Start" });
    await analytics.closeAndFlush();
    expect([...statuses].sort()).toEqual([200, 503]);
    await laptop.caughtUp();
    expect(await rowsOf("screens?every=all")).toMatchObject([{ value: 25 }]);
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

  test("tells analytics.js to send to the address that it was asked at", async () => {
    const answer = await fetch(`${laptop.url}/v1/projects/web/settings`, { headers: { origin: shop } });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    const { integrations } = (await answer.json()) as { integrations: Record<string, Record<string, string>> };
    const { apiHost, protocol } = integrations["Segment.io"] ?? {};
    expect(`${protocol}://${apiHost}`).toBe(`${laptop.url}/v1`);
  });

  test.each([
    ["an unknown key", "/v1/batch", { writeKey: "nobody", batch: [{ type: "page" }] }, 401],
    ["a page of another origin", "/v1/batch", { writeKey: "web", batch: [{ type: "page" }] }, 403],
    ["no batch", "/v1/batch", { writeKey: "server-key" }, 400],
    ["too much", "/v1/batch", { writeKey: "server-key", text: "x".repeat(600_000) }, 413],
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

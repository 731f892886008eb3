import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";

const executablePath = "/usr/bin/chromium";

export const chromiumIsThere = existsSync(executablePath);

/** What a site has in its own bundle: the browser SDKs of Segment and RudderStack as they come from npm. */
const script = `
  import { AnalyticsBrowser } from "@segment/analytics-next";
  import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";
  Object.assign(window, { AnalyticsBrowser, RudderAnalytics });
`;

/** A shop's website in a real browser. Its pages are of another origin than what they send to. */
export class ShopPage {
  readonly #browser: Browser;
  readonly #close: () => void;

  constructor(browser: Browser, close: () => void) {
    this.#browser = browser;
    this.#close = close;
  }

  /** Serves the site at an origin such as "http://shop.example", for this browser alone. */
  static async open(origin: string): Promise<ShopPage> {
    const { outputFiles } = await build({
      stdin: { contents: script, resolveDir: join(import.meta.dirname, "../..") },
      bundle: true,
      write: false,
      format: "iife",
      platform: "browser",
      logLevel: "error",
    });
    const server = createServer(({ url }, response) => {
      const isScript = url === "/script.js";
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(
        isScript ? outputFiles[0]?.text : '<!doctype html><title>Shop</title><script src="/script.js"></script>',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];
    const rule = `--host-resolver-rules=MAP ${new URL(origin).hostname}:80 127.0.0.1:${port}`;
    const browser = await chromium.launch({ executablePath, args: [...args, rule] });
    return new ShopPage(browser, () => server.close());
  }

  /** A tab at an address of the site, without what other tabs have stored. */
  async visit(url: string): Promise<Page> {
    const context = await this.#browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Closes a tab as a person does: the page is told, and what it asks for then is not waited for. */
  async leave(tab: Page): Promise<void> {
    const closed = tab.waitForEvent("close");
    await tab.close({ runBeforeUnload: true });
    await closed;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#close();
  }
}

/** A page's own objects. */
interface PageGlobals {
  readonly AnalyticsBrowser: { load(settings: object, options?: object): PageAnalytics };
  readonly RudderAnalytics: new () => PageRudderStack;
}
interface PageRudderStack {
  load(writeKey: string, dataPlaneUrl: string, options: object): void;
  page(name: string): void;
  track(event: string, properties: object, callback?: () => void): void;
  identify(userId: string, traits: object): void;
}
interface PageAnalytics {
  page(name: string): Promise<unknown>;
  track(event: string, properties: object): Promise<unknown>;
  identify(userId: string, traits: object): Promise<unknown>;
}

/** Runs in the page. */
export async function sendFromPage(cdnURL: string): Promise<void> {
  const { AnalyticsBrowser } = globalThis as unknown as PageGlobals;
  const analytics = AnalyticsBrowser.load({ writeKey: "site", cdnURL });
  await analytics.page("Home");
  await analytics.track("Clicked", { button: "buy" });
  await analytics.identify("ann", { plan: "pro" });
}

/** Runs in the page: what it sends waits for company. */
export async function searchFromPage(cdnURL: string): Promise<void> {
  const { AnalyticsBrowser } = globalThis as unknown as PageGlobals;
  const batching = { deliveryStrategy: { strategy: "batching", config: { size: 100, timeout: 600_000 } } };
  const analytics = AnalyticsBrowser.load({ writeKey: "site", cdnURL }, { integrations: { "Segment.io": batching } });
  for (let search = 0; search < 7; search++) await analytics.track("Searched", { search });
}

/** Runs in the page. */
export function sendByRudderStack(url: string): void {
  const { RudderAnalytics } = globalThis as unknown as PageGlobals;
  const rudder = new RudderAnalytics();
  rudder.load("rudder", url, { configUrl: url });
  rudder.page("Home");
  rudder.track("Clicked", { button: "buy" });
  rudder.identify("ann", { plan: "pro" });
}

/** Runs in the page: what it sends waits for company, and leaves by a beacon. */
export async function searchByRudderStack(url: string): Promise<void> {
  const { RudderAnalytics } = globalThis as unknown as PageGlobals;
  const rudder = new RudderAnalytics();
  const beaconQueueOptions = { maxItems: 100, flushQueueInterval: 600_000 };
  rudder.load("rudder", url, { configUrl: url, useBeacon: true, beaconQueueOptions });
  const track = (search: number) => new Promise<void>((done) => rudder.track("Searched", { search }, done));
  await Promise.all(Array.from({ length: 5 }, (_, search) => track(search)));
}

import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const executablePath = "/usr/bin/chromium";

export const chromiumIsThere = existsSync(executablePath);

/** A request that a stranger's page makes. */
export interface Attempt {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The ways of a page to send a request, as hostile-ways.mjs has them. */
export const ways = [
  "fetch",
  "fetch without preflight",
  "a body without a type",
  "a beacon",
  "forms of each type",
  "scripts and images",
] as const;
export type Way = (typeof ways)[number];
type Ways = Readonly<Record<Way, (attempts: readonly Attempt[]) => Promise<string[]>>>;

/** A browser in which every name below `example` resolves to this machine, as it does after DNS rebinding. */
export class HostileSite {
  readonly #browser: Browser;

  readonly #witness: Server;

  private constructor(browser: Browser, witness: Server) {
    this.#browser = browser;
    this.#witness = witness;
  }

  static async open(): Promise<HostileSite> {
    const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];
    const rebound = "--host-resolver-rules=MAP *.example 127.0.0.1";
    // Browsers that ask before a page reaches this machine are few and new: here none helps.
    const unprotected =
      "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets,BlockInsecurePrivateNetworkRequests";
    const witness = createServer((_request, response) => void response.writeHead(404).end()).listen(0, "127.0.0.1");
    await once(witness, "listening");
    return new HostileSite(await chromium.launch({ executablePath, args: [...args, rebound, unprotected] }), witness);
  }

  /** A page of the origin. Only the document is ours: what it asks for reaches whatever listens there. */
  async visit(origin: string): Promise<Page> {
    const page = await this.#browser.newPage();
    await page.route(`${origin}/kittens`, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Kittens</title><body>" }),
    );
    await page.goto(`${origin}/kittens`);
    await page.addScriptTag({ path: join(import.meta.dirname, "hostile-ways.mjs") });
    return page;
  }

  /**
   * Makes the page send the requests in one way, and one more to a server that does not look who asks. Resolves, once
   * that one has arrived, to the answers that the page could read, as `<status> <text>`.
   */
  async send(page: Page, way: Way, attempts: readonly Attempt[]): Promise<string[]> {
    const arrived = once(this.#witness, "request");
    const { port } = this.#witness.address() as AddressInfo;
    const last: Attempt = { url: `http://127.0.0.1:${port}/`, method: "POST", headers: {}, body: "{}" };
    const answers = await page.evaluate(
      ([way, attempts]) => (globalThis as unknown as { ways: Ways }).ways[way](attempts),
      [way, [...attempts, last]] as const,
    );
    await arrived;
    return answers;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#witness.close();
  }
}

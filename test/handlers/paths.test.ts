import { describe, expect, test } from "vitest";
import { callNames, callOf } from "../../lib/collect/calls.ts";
import { basic } from "./api-request.ts";
import { CollectRig } from "./collect-rig.ts";

const rig = new CollectRig({ sources: { web: {} } });
const headers = { authorization: basic("web:") };
const page = { type: "page", userId: "ann" };

describe("a path of the collector", () => {
  test.each(callNames)("/v1/%s is taken with and without a slash at its end", async (name) => {
    const kind = callOf(name)?.kind;
    const cloudEvent = { ...headers, "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "b" };
    for (const path of [`/v1/${name}`, `/v1/${name}/`]) {
      const body = JSON.stringify(kind === "batch" ? { batch: [page] } : page);
      const sent = await rig.ask({ path, headers: kind === "cloudevents" ? cloudEvent : headers, body });
      expect([path, sent.status, sent.events.length]).toEqual([path, 200, kind === "metrics" ? 0 : 1]);
    }
  });

  test.each(["/v1/projects/web/settings", "/v1/projects/web/settings/"])("%s is answered", async (path) => {
    const got = await rig.ask({ method: "GET", path });
    const head = await rig.ask({ method: "HEAD", path });
    expect([got.status, head.status]).toEqual([200, 200]);
    expect(got.body).toHaveProperty("integrations");
    expect(head.body).toEqual({});
    expect(head.headers["content-type"]).toBe("application/json");
  });

  test.each(["/beacon/v1/batch", "/beacon/v1/batch/"])("%s takes a batch with its key in the query", async (path) => {
    const body = JSON.stringify({ batch: [page], sentAt: new Date().toISOString() });
    const sent = await rig.ask({ path, query: "writeKey=web", headers: { "content-type": "text/plain" }, body });
    expect([sent.status, sent.events.length]).toEqual([200, 1]);
    expect((await rig.ask({ path, body })).status).toBe(401);
  });

  test.each(["/sourceConfig", "/sourceConfig/"])(
    "%s knows the key of the header, and that of the query",
    async (path) => {
      const source = { id: "web", enabled: true, writeKey: "web", destinations: [] };
      const asked = [{ headers }, { query: "p=npm&v=3&writeKey=web" }, { headers, query: "writeKey=other" }];
      for (const more of asked) {
        const { status, body, metrics } = await rig.ask({ method: "GET", path, ...more });
        expect([status, metrics]).toEqual([200, {}]);
        expect(body).toMatchObject({ source });
      }
      expect((await rig.ask({ method: "HEAD", path, headers })).body).toEqual({});
      expect(await rig.ask({ method: "GET", path })).toMatchObject({ status: 401, metrics: { Unauthorized: 1 } });
      const wrong = { headers: { authorization: basic("other:") }, query: "writeKey=web" };
      expect((await rig.ask({ method: "GET", path, ...wrong })).status).toBe(401);
    },
  );

  test.each([
    ["POST", "/v1/nowhere/"],
    ["POST", "/v1/track//"],
    ["POST", "/v1/track/more"],
    ["POST", "/nowhere"],
    ["GET", "/nowhere"],
    ["GET", "/v1/track"],
    ["HEAD", "/v1/track"],
    ["PUT", "/v1/track"],
    ["DELETE", "/"],
  ])("%s %s is none", async (method, path) => {
    const { status, body, events, metrics } = await rig.ask({ method, path, headers, body: JSON.stringify(page) });
    expect([status, events, metrics]).toEqual([404, [], { UnknownPath: 1 }]);
    expect(body).toEqual(method === "HEAD" ? {} : expect.objectContaining({ message: expect.any(String) }));
  });

  test.each(["/v1/t", "/v1/t/", "/beacon/v1/batch", "/v1/projects/web/settings", "/sourceConfig/", "/nowhere"])(
    "%s has a preflight",
    async (path) => {
      const asked = { origin: "https://shop.example", "access-control-request-headers": "authorization" };
      const { status, headers: answered } = await rig.ask({ method: "OPTIONS", path, headers: asked });
      expect([status, answered["access-control-allow-headers"]]).toEqual([204, "authorization"]);
    },
  );
});

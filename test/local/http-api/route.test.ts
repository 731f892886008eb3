import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { router } from "../../../local/http-api/route.ts";

const routesOf = (...keys: string[]) => router(keys.map((routeKey) => ({ routeKey, integration: routeKey })));

// The routes and requests of the API Gateway developer guide, "Create routes for HTTP APIs in API Gateway".
const documented = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"];

describe("a route", () => {
  it.each([
    ["GET", "/pets/dog/1", "GET /pets/dog/1", {}],
    ["GET", "/pets/dog/2", "GET /pets/dog/{id}", { id: "2" }],
    ["GET", "/pets/cat/1", "GET /pets/{proxy+}", { proxy: "cat/1" }],
    ["POST", "/test/5", "ANY /{proxy+}", { proxy: "test/5" }],
    ["GET", "/", "$default", {}],
  ])("for %s %s is %s", (method, path, routeKey, pathParameters) => {
    // The order in which routes are declared decides nothing.
    fc.assert(
      fc.property(fc.shuffledSubarray(documented, { minLength: documented.length }), (keys) => {
        expect(routesOf(...keys)(method, path)).toMatchObject({ route: { routeKey }, pathParameters });
      }),
    );
  });

  it("for a method is taken before one for any method, but after a more specific path", () => {
    const find = routesOf("ANY /a/{id}", "GET /a/{id}", "GET /{x}/b", "ANY /a/b");
    expect(find("GET", "/a/1")?.route.routeKey).toBe("GET /a/{id}");
    expect(find("PUT", "/a/1")?.route.routeKey).toBe("ANY /a/{id}");
    expect(find("GET", "/a/b")?.route.routeKey).toBe("ANY /a/b");
    expect(find("GET", "/c/b")?.route.routeKey).toBe("GET /{x}/b");
  });

  it("that matches in full is taken before any with a greedy variable", () => {
    const find = routesOf("GET /a/{rest+}", "ANY /{x}/b", "ANY /a/{rest+}");
    expect(find("GET", "/a/b")?.route.routeKey).toBe("ANY /{x}/b");
    expect(find("GET", "/a/c")?.route.routeKey).toBe("GET /a/{rest+}");
  });

  it("is not there for another path, another method, or an empty variable", () => {
    const find = routesOf("GET /v1/metrics/{name}", "GET /files/{path+}");
    expect(find("GET", "/v1/metrics")).toBeUndefined();
    expect(find("POST", "/v1/metrics/a")).toBeUndefined();
    expect(find("GET", "/v1/metrics/")).toBeUndefined();
    expect(find("GET", "/v1/metrics/a/b")).toBeUndefined();
    expect(find("GET", "/files")).toBeUndefined();
  });

  it("gives any variable back as it was before it was encoded", () => {
    const find = routesOf("GET /v1/metrics/{name}", "GET /files/{path+}");
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (one, two) => {
        const [a, b] = [encodeURIComponent(one), encodeURIComponent(two)];
        expect(find("GET", `/v1/metrics/${a}`)?.pathParameters).toEqual({ name: one });
        expect(find("GET", `/files/${a}/${b}`)?.pathParameters).toEqual({ path: `${one}/${two}` });
      }),
    );
    expect(find("GET", "/v1/metrics/%ff")?.pathParameters).toEqual({ name: "%ff" });
  });

  it.each(["get /a", "GET a", "FETCH /a", "GET /{all+}/b"])("key %j is refused", (routeKey) => {
    expect(() => routesOf(routeKey)).toThrow(`got ${JSON.stringify(routeKey)}`);
  });
});

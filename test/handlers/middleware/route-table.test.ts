import type { APIGatewayProxyEventV2 } from "aws-lambda";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { routeTable } from "../../../handlers/middleware/route-table.ts";
import { collectRoutes, queryRoutes } from "../../../lib/routes.ts";

interface Asked {
  readonly routeKey?: string;
  readonly method?: string;
  readonly rawPath?: string;
  readonly pathParameters?: Readonly<Record<string, string>>;
}
const eventOf = ({ routeKey = "$default", method = "GET", rawPath = "/", pathParameters }: Asked) =>
  ({ routeKey, rawPath, pathParameters, requestContext: { http: { method } } }) as unknown as APIGatewayProxyEventV2;

const keys = [...Object.values(queryRoutes), ...Object.values(collectRoutes)];
const find = routeTable(keys);

describe("a path", () => {
  test.each(keys)("of %s leads there, with a slash at its end, two at its beginning, and by HEAD too", (key) => {
    const [method = "", path = ""] = key.split(" ");
    const rawPath = path.replaceAll(/\{\w+\}/g, "a b%");
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]): [string, string] => [name ?? "", "a b%"]);
    const expected = { key, parameters: Object.fromEntries(names) };
    for (const asked of path === "/" ? ["/", "//"] : [rawPath, `${rawPath}/`, `/${rawPath}`, `//${rawPath}/`]) {
      for (const by of method === "GET" ? ["GET", "HEAD"] : [method]) {
        expect(find(eventOf({ method: by, rawPath: asked }))).toEqual(expected);
      }
    }
  });

  test.each([
    ["GET", "/v1/metrics//"],
    ["GET", "/v1//metrics"],
    ["POST", "/v1/metrics/a/"],
    ["GET", "/V1/metrics"],
    ["PUT", "/v1/track"],
    ["GET", "/v1"],
    ["GET", ""],
    ["POST", "/beacon/v1/track"],
    ["GET", "/v1/projects/a/b/settings"],
  ])("%s %s is no other route's", (method, rawPath) => {
    const found = find(eventOf({ method, rawPath }));
    const isWhole = [queryRoutes.metric, collectRoutes.events].some((key) => key === found?.key);
    // What is left of the path is then no name of anything.
    if (isWhole) expect(Object.values(found?.parameters ?? {}).join()).toMatch(/\//);
    else expect(found).toBeUndefined();
  });

  test("that a greedy route has matched is what its variable says: a base path stands before it", () => {
    const pathParameters = { proxy: "events/$&/a/" };
    expect(find(eventOf({ routeKey: "GET /v1/{proxy+}", rawPath: "/base/v1/events/x", pathParameters }))).toEqual({
      key: queryRoutes.why,
      parameters: { messageId: "$&/a" },
    });
  });

  test("ends in any id, unless that ends in a slash", () => {
    const id = fc.string({ minLength: 1 }).filter((text) => !text.endsWith("/"));
    fc.assert(
      fc.property(id, (messageId) => {
        const found = find(eventOf({ rawPath: `/v1/events/${messageId}` }));
        expect(found).toEqual({ key: queryRoutes.why, parameters: { messageId } });
      }),
    );
  });

  test("is not needed where the function's own route is named, as the command line does", () => {
    const pathParameters = { messageId: "a/" };
    const event = { routeKey: queryRoutes.why, pathParameters } as unknown as APIGatewayProxyEventV2;
    expect(find(event)).toEqual({ key: queryRoutes.why, parameters: pathParameters });
  });
});

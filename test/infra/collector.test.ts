import { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { MillraceStack } from "../../infra/millrace-stack.ts";
import { configFile } from "../../lib/config/load.ts";
import type { Config } from "../../lib/config/shape.ts";
import { count, defineConfig, page } from "../../lib/config.ts";
import { collectRouteKeys, collectRoutes, queryRouteKeys, queryRoutes } from "../../lib/routes.ts";
import { router } from "../../local/http-api/route.ts";

const metrics = { views: { on: page(), measure: count() } };

/** The template of a configuration; the functions' bundles are left out. */
function templateOf(config: Config): Template {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  return Template.fromStack(new MillraceStack(app, "Test", { config, configFile: configFile(undefined) }));
}

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** The routes of the API, with who may call each and which function it leads to. */
function routesOf(of: Template): { key: string; authorizer: string; leadsTo: string }[] {
  const integrations = of.findResources("AWS::ApiGatewayV2::Integration");
  return Object.values(of.findResources("AWS::ApiGatewayV2::Route")).map(({ Properties }) => {
    const integration = integrations[Properties.Target["Fn::Join"][1][1].Ref];
    const logicalId: string = integration?.Properties.IntegrationUri["Fn::GetAtt"][0];
    const { FunctionName } = of.findResources("AWS::Lambda::Function")[logicalId]?.Properties ?? {};
    return { key: Properties.RouteKey, authorizer: Properties.AuthorizationType, leadsTo: FunctionName };
  });
}

const template = templateOf(defineConfig({ metrics, sources: { web: {}, server: {} } }));

describe("the collector", () => {
  test("is there where the configuration has sources, and not otherwise", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "millrace-collect",
      MemorySize: 1_024,
      Architectures: ["arm64"],
      Timeout: 20,
    });
    const without = templateOf(defineConfig({ metrics }));
    expect(
      without.findResources("AWS::Lambda::Function", { Properties: { FunctionName: "millrace-collect" } }),
    ).toEqual({});
    without.resourceCountIs("AWS::SecretsManager::Secret", 0);
  });

  test("shares the API with the metrics: it asks for a write key, they for an AWS identity", () => {
    template.resourceCountIs("AWS::ApiGatewayV2::Api", 1);
    expect(Object.fromEntries(routesOf(template).map(({ key, authorizer }) => [key, authorizer]))).toEqual({
      ...Object.fromEntries(queryRouteKeys.map((key) => [key, "AWS_IAM"])),
      ...Object.fromEntries(collectRouteKeys.map((key) => [key, "NONE"])),
    });
    // With CORS of its own API Gateway would take no notice of the function's.
    template.hasResourceProperties("AWS::ApiGatewayV2::Api", { CorsConfiguration: Match.absent() });
  });

  test("may write to the stream and read the write keys, and nothing else", () => {
    const statements = Object.entries(template.findResources("AWS::IAM::Policy"))
      .filter(([id]) => id.startsWith("Collector"))
      .flatMap(
        ([, { Properties }]) => (Properties as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument.Statement,
      );
    expect(statements.flatMap(({ Action }) => Action).sort()).toEqual([
      "kinesis:ListShards",
      "kinesis:PutRecords",
      "secretsmanager:GetSecretValue",
    ]);
    expect(statements.filter(({ Resource }) => Resource === "*")).toEqual([]);
  });

  test("has a bound on how often anybody can call it", () => {
    template.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
      StageName: "$default",
      DefaultRouteSettings: { ThrottlingRateLimit: 2_000, ThrottlingBurstLimit: 2_000 },
    });
  });
});

describe("a request", () => {
  const routes = routesOf(template);
  const find = router(routes.map(({ key, leadsTo }) => ({ routeKey: key, integration: leadsTo })));
  const led = (method: string, path: string) => {
    const key = find(method, path)?.route.routeKey;
    const route = routes.find((one) => one.key === key);
    return [route?.leadsTo, route?.authorizer];
  };
  const written = (keys: object): string[][] => Object.values(keys).map((key: string) => key.split(" "));
  const filled = (path: string): string => path.replaceAll(/\{\w+\}/g, "some");

  test.each(written(collectRoutes))(
    "for %s %s leads to the collector, as HEAD and with a slash too",
    (method, path) => {
      for (const end of ["", "/"]) {
        for (const asked of method === "GET" ? ["GET", "HEAD", "OPTIONS"] : [method ?? "", "OPTIONS"]) {
          expect(led(asked, filled(path ?? "") + end)).toEqual(["millrace-collect", "NONE"]);
        }
      }
    },
  );

  test.each(written(queryRoutes))("for %s %s leads to the query API, as HEAD and with a slash too", (_, path) => {
    for (const end of path === "/" ? [""] : ["", "/"]) {
      for (const asked of ["GET", "HEAD"]) {
        expect(led(asked, filled(path ?? "") + end)).toEqual(["millrace-query", "AWS_IAM"]);
      }
    }
  });

  test("for any other path leads to a function that says it is none, and never to the metrics without an identity", () => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
      for (const path of ["/nowhere", "/v2/track", "/v1", "/v1/", "/page", "/.env"]) {
        expect(led(method, path)).toEqual(["millrace-collect", "NONE"]);
      }
    }
    expect(led("POST", "/v1/metrics")).toEqual(["millrace-collect", "NONE"]);
    const keys = routesOf(templateOf(defineConfig({ metrics })));
    expect(keys).toContainEqual({ key: "$default", authorizer: "AWS_IAM", leadsTo: "millrace-query" });
    for (const { authorizer, leadsTo } of [...routes, ...keys]) {
      if (leadsTo === "millrace-query") expect(authorizer).toBe("AWS_IAM");
    }
  });
});

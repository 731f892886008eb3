import { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { MillraceStack } from "../../infra/millrace-stack.ts";
import { type Config, count, defineConfig, page } from "../../lib/config.ts";
import { collectRoutes } from "../../lib/lambda/collect-routes.ts";
import { queryRoutes } from "../../lib/lambda/query-routes.ts";
import { configFile } from "../../lib/load-config.ts";

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

const template = templateOf(defineConfig({ metrics, sources: { web: {}, server: {} } }));

describe("the collector", () => {
  test("is there where the configuration has sources, and not otherwise", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "millrace-collect",
      MemorySize: 512,
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
    const routes = Object.values(template.findResources("AWS::ApiGatewayV2::Route")).map(({ Properties }) => [
      Properties.RouteKey,
      Properties.AuthorizationType,
    ]);
    expect(Object.fromEntries(routes)).toEqual({
      ...Object.fromEntries(Object.values(queryRoutes).map((route) => [route, "AWS_IAM"])),
      ...Object.fromEntries(Object.values(collectRoutes).map((route) => [route, "NONE"])),
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

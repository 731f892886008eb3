import type { CorsConfiguration } from "../../http-api/cors.ts";
import type { HttpApiOptions } from "../../http-api/http-api.ts";
import type { Provisioner } from "../run.ts";
import { number, text } from "./property.ts";

/** What the template says of its HTTP API, gathered from four resource types. */
export class HttpApiParts {
  readonly routes: HttpApiOptions["routes"][number][] = [];
  readonly integrations: Record<string, HttpApiOptions["integrations"][string]> = {};
  cors: CorsConfiguration | undefined;
  #apis = 0;

  /** AWS::ApiGatewayV2::Api; one, for there is one port for it. */
  api(url: string): Provisioner {
    return ({ logicalId, properties }) => {
      this.#apis++;
      if (this.#apis > 1) throw new Error("expected one HTTP API, got a second one");
      const cors = properties.CorsConfiguration;
      if (cors !== undefined) this.cors = cors as CorsConfiguration;
      return { ref: logicalId, attributes: { ApiEndpoint: url, ApiId: logicalId } };
    };
  }

  /** AWS::ApiGatewayV2::Stage; the laptop serves the default one, at the top. */
  readonly stage: Provisioner = ({ properties }) => {
    const name = text(properties, "StageName");
    if (name !== "$default") throw new Error(`expected the stage $default, got ${name}`);
    return { ref: name, attributes: {} };
  };

  /** AWS::ApiGatewayV2::Integration with a Lambda function behind it. */
  readonly integration: Provisioner = ({ logicalId, properties }) => {
    const version = properties.PayloadFormatVersion;
    if (properties.IntegrationType !== "AWS_PROXY" || version !== "2.0") {
      throw new Error(`expected AWS_PROXY with payload format 2.0, got ${properties.IntegrationType} with ${version}`);
    }
    const timeout_ms = number(properties, "TimeoutInMillis", 30_000);
    this.integrations[logicalId] = { functionArn: functionArnOf(text(properties, "IntegrationUri")), timeout_ms };
    return { ref: logicalId, attributes: {} };
  };

  /** AWS::ApiGatewayV2::Route. Who may call it is not checked. */
  readonly route: Provisioner = ({ logicalId, properties }) => {
    const integration = text(properties, "Target").replace(/^integrations\//, "");
    this.routes.push({ routeKey: text(properties, "RouteKey"), integration });
    return { ref: logicalId, attributes: {} };
  };
}

/** A function's own ARN, also out of the one by which API Gateway invokes it. */
const functionArnOf = (uri: string): string => /functions\/(arn:.+)\/invocations$/.exec(uri)?.[1] ?? uri;

import { type HttpApi, HttpMethod, HttpNoneAuthorizer, HttpRoute, HttpRouteKey } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Construct } from "constructs";
import { settingsOf } from "../lib/config/settings.ts";
import type { Config } from "../lib/config/shape.ts";
import { environmentNames, names } from "../lib/names.ts";
import { collectRouteKeys } from "../lib/routes.ts";
import { BundledFunction } from "./bundled-function.ts";
import { CollectorAlarms } from "./collector-alarms.ts";
import type { EventStream } from "./event-stream.ts";
import { WriteKeys } from "./write-keys.ts";

export interface CollectorProps {
  readonly config: Config;
  readonly configFile: string;
  readonly api: HttpApi;
  readonly stream: EventStream;
}

/** The function that takes in events over HTTP, its routes, and the keys it knows senders by. */
export class Collector extends Construct {
  constructor(scope: Construct, id: string, { config, configFile, api, stream }: CollectorProps) {
    super(scope, id);
    const collect = new BundledFunction(this, "Function", {
      functionName: names.collect,
      description: "Takes in events over HTTP and puts them into the stream",
      entry: "collect.ts",
      configFile,
      // A batch of 4 MB takes 280 MB, and 550 where a sender fills a list with what is hashed: five seconds of a processor then,
      // of which a function has 0.58.
      memoryMib: 1_024,
      // Reading the keys and listing the shards on a cold start, and what the stream is given.
      timeoutSeconds: 20,
      concurrency: settingsOf(config).concurrency?.collect,
      environment: { [environmentNames.stream]: stream.stream.streamName },
    });
    stream.grantWrite(collect);
    new WriteKeys(this, "Keys", config).grantRead(collect);
    new CollectorAlarms(this, "Alarms", config);
    const integration = new HttpLambdaIntegration("CollectFunction", collect);
    // Senders have a write key, which the function looks at; browsers cannot sign for IAM.
    const authorizer = new HttpNoneAuthorizer();
    for (const [index, key] of collectRouteKeys.entries()) {
      const routeKey =
        key === "$default" ? HttpRouteKey.DEFAULT : HttpRouteKey.with(key.replace("ANY ", ""), HttpMethod.ANY);
      new HttpRoute(this, `Route${index}`, { httpApi: api, routeKey, integration, authorizer });
    }
  }
}

import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { HttpApi, type HttpMethod, HttpRoute, HttpRouteKey } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Settings } from "../lib/config/settings.ts";
import { environmentNames, names } from "../lib/names.ts";
import { queryRouteKeys } from "../lib/routes.ts";
import { BundledFunction } from "./bundled-function.ts";
import type { EventStream } from "./event-stream.ts";
import type { LedgerTable } from "./ledger-table.ts";
import type { MetricStore } from "./metric-store.ts";
import type { RejectBucket } from "./reject-bucket.ts";

export interface QueryApiProps {
  readonly configFile: string;
  readonly settings: Settings;
  readonly stream: EventStream;
  readonly ledger: LedgerTable;
  readonly store: MetricStore;
  readonly bucket: RejectBucket;
  /** Reads the stream for all who look. */
  readonly live: IFunction;
}

/** The HTTP API, with the function that answers questions and serves the page. */
export class QueryApi extends Construct {
  /** Other functions add routes of their own. */
  readonly api: HttpApi;
  readonly #integration: HttpLambdaIntegration;

  constructor(scope: Construct, id: string, props: QueryApiProps) {
    super(scope, id);
    const { configFile, settings, stream, ledger, store, bucket, live } = props;
    const query = new BundledFunction(this, "Function", {
      functionName: names.query,
      description: "Answers questions about metrics and serves the page",
      entry: "query.ts",
      configFile,
      // A part is folded again to say what became of one of its events.
      memoryMib: 512,
      timeoutSeconds: 30,
      concurrency: settings.concurrency?.query,
      environment: {
        [environmentNames.stream]: stream.stream.streamName,
        [environmentNames.database]: store.databaseName,
        [environmentNames.ledger]: ledger.table.tableName,
        [environmentNames.bucket]: bucket.bucket.bucketName,
      },
      addTo: (directory) => {
        execFileSync(process.execPath, [
          resolve(import.meta.dirname, "../dashboard/build.ts"),
          join(directory, "page"),
        ]);
      },
    });
    stream.grantRead(query);
    ledger.grantRead(query);
    store.grantQuery(query);
    bucket.grantRead(query);
    live.grantInvokeLatestVersion(query);
    this.api = new HttpApi(this, "Api", {
      apiName: names.query,
      description: "Millrace: metrics by HTTP",
      // Nobody reads a team's numbers without an AWS identity that may.
      defaultAuthorizer: new HttpIamAuthorizer(),
      createDefaultStage: false,
    });
    // A bound on what a flood can cost.
    this.api.addStage("DefaultStage", { autoDeploy: true, throttle: { rateLimit: 2_000, burstLimit: 2_000 } });
    this.#integration = new HttpLambdaIntegration("QueryFunction", query);
    for (const key of queryRouteKeys) {
      const [method = "", path = ""] = key.split(" ");
      this.api.addRoutes({ path, methods: [method as HttpMethod], integration: this.#integration });
    }
  }

  /** Says of every other path that it is none, where no other function does. */
  answerUnknownPaths(): void {
    const routeKey = HttpRouteKey.DEFAULT;
    new HttpRoute(this, "UnknownPaths", { httpApi: this.api, routeKey, integration: this.#integration });
  }
}

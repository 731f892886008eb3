import { resolve } from "node:path";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { type ICommandHooks, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

const top = resolve(import.meta.dirname, "..");

export interface BundledFunctionProps {
  readonly functionName: string;
  readonly description: string;
  /** File below `handlers/`. */
  readonly entry: string;
  /** Takes the place of `#config` in the bundle. */
  readonly configFile: string;
  readonly memoryMib: number;
  readonly timeoutSeconds: number;
  readonly environment: Record<string, string>;
  readonly commandHooks?: ICommandHooks;
}

/** A function of `handlers/` as one ESM file, the SDKs included: what was tested is what runs. */
export class BundledFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    const { functionName, description, environment, commandHooks } = props;
    super(scope, id, {
      functionName,
      description,
      entry: resolve(top, "handlers", props.entry),
      handler: "handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMib,
      timeout: Duration.seconds(props.timeoutSeconds),
      environment: { ...environment, NODE_OPTIONS: "--enable-source-maps" },
      logGroup: new LogGroup(scope, `${id}Logs`, {
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      projectRoot: top,
      depsLockFilePath: resolve(top, "package-lock.json"),
      bundling: {
        format: OutputFormat.ESM,
        target: "node24",
        externalModules: [],
        minify: true,
        sourceMap: true,
        sourcesContent: false,
        mainFields: ["module", "main"],
        esbuildArgs: { "--alias:#config": props.configFile },
        // Some dependencies are CommonJS and call require for Node's own modules.
        banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
        ...(commandHooks === undefined ? {} : { commandHooks }),
      },
    });
  }
}

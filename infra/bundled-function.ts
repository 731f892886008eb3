import { resolve } from "node:path";
import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Architecture, Code, Runtime } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { bundle } from "./bundle.ts";

const handlers = resolve(import.meta.dirname, "../handlers");

export interface BundledFunctionProps {
  readonly functionName: string;
  readonly description: string;
  /** File below `handlers/`. */
  readonly entry: string;
  /** Takes the place of `#config` in the bundle. */
  readonly configFile: string;
  readonly memoryMib: number;
  readonly timeoutSeconds: number;
  /** Invocations at once: as many are set aside, and no more run. Undefined for neither. */
  readonly concurrency: number | undefined;
  readonly environment: Record<string, string>;
  /** Puts more into the bundle's folder. */
  readonly addTo?: (directory: string) => void;
}

/** A function of `handlers/` as one ESM file. */
export class BundledFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    const { functionName, description, environment } = props;
    super(scope, id, {
      functionName,
      description,
      code: Code.fromAsset(codeOf(scope, props)),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMib,
      timeout: Duration.seconds(props.timeoutSeconds),
      ...(props.concurrency === undefined ? {} : { reservedConcurrentExecutions: props.concurrency }),
      environment: { ...environment, NODE_OPTIONS: "--enable-source-maps" },
      logGroup: new LogGroup(scope, `${id}Logs`, {
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
  }
}

/** The bundle; the sources where the stack is only looked at, and nothing will run. */
function codeOf(scope: Construct, { entry, configFile, addTo }: BundledFunctionProps): string {
  if (!Stack.of(scope).bundlingRequired) return handlers;
  const directory = bundle(entry, configFile);
  addTo?.(directory);
  return directory;
}

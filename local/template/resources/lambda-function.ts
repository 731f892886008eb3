import { functionArn } from "../../lambda/environment-variables.ts";
import type { Lambda } from "../../lambda/lambda.ts";
import type { Assets } from "../assets.ts";
import { codeDirectory } from "../assets.ts";
import type { Provisioner } from "../run.ts";
import { number, object, text } from "./property.ts";

/** AWS::Lambda::Function. `environment` is what the laptop adds: where its AWS endpoint is. */
export const lambdaFunction =
  (lambda: Lambda, assets: Assets, environment: Readonly<Record<string, string>>): Provisioner =>
  ({ logicalId, properties, physicalId }) => {
    const name = String(properties.FunctionName ?? physicalId);
    const variables = object(object(properties, "Environment"), "Variables") as Record<string, string>;
    const { ReservedConcurrentExecutions } = properties;
    lambda.define({
      name,
      directory: codeDirectory(logicalId, properties.Code, assets),
      handler: text(properties, "Handler"),
      timeoutSeconds: number(properties, "Timeout", 3),
      memoryMib: number(properties, "MemorySize", 128),
      environment: { ...variables, ...environment },
      ...(ReservedConcurrentExecutions === undefined
        ? {}
        : { reservedConcurrency: number(properties, "ReservedConcurrentExecutions") }),
    });
    return { ref: name, attributes: { Arn: functionArn(lambda, name) } };
  };

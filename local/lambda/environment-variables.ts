import type { FunctionSettings } from "./function-settings.ts";

/** Where the functions believe they are. */
export interface Whereabouts {
  readonly region: string;
  readonly accountId: string;
}

/** The ARN of a function in the local account. */
export const functionArn = (where: Whereabouts, name: string): string =>
  `arn:aws:lambda:${where.region}:${where.accountId}:function:${name}`;

/**
 * The environment of a function (Lambda developer guide, "Working with Lambda environment variables"). The function's
 * own variables can replace region and credentials, so that the laptop can hand its own out, and none of the reserved
 * ones. Of the machine's environment only PATH goes in.
 */
export function environmentVariables(
  settings: FunctionSettings,
  where: Whereabouts,
  runtime: { readonly api: string; readonly logStream: string },
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    AWS_REGION: where.region,
    AWS_DEFAULT_REGION: where.region,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    ...settings.environment,
    _HANDLER: settings.handler,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: settings.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMib),
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${settings.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: runtime.logStream,
    AWS_LAMBDA_RUNTIME_API: runtime.api,
    LAMBDA_TASK_ROOT: settings.directory,
  };
}

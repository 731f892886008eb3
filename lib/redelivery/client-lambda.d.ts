// Until the package is a dependency.
declare module "@aws-sdk/client-lambda" {
  export class LambdaServiceException extends Error {}
  export class InvokeCommand {
    constructor(input: { FunctionName: string; Payload: Uint8Array });
  }
  export class LambdaClient {
    constructor(settings: object);
    send(
      command: InvokeCommand,
      options: { abortSignal: AbortSignal },
    ): Promise<{ Payload?: Uint8Array; FunctionError?: string }>;
  }
}

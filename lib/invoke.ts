import { InvokeCommand, LambdaClient, LambdaServiceException } from "@aws-sdk/client-lambda";
import { answeredWithin, clientSettings } from "./aws.ts";
import { lambdaPayloadBytesMax } from "./limits.ts";

/** What came of an invocation. Only `died` can be the fault of a record: code does not throw for what is in one. */
export type Outcome<Answer> =
  | { readonly kind: "done"; readonly answer: Answer }
  /** The function's own error: the store or the ledger is down, a promise is held. The batch must come again. */
  | { readonly kind: "threw"; readonly why: string }
  /** The process came to its end: time limit, memory, a crash. */
  | { readonly kind: "died"; readonly why: string }
  /** It did not run: throttled, `isBusy`, or Lambda cannot be reached. */
  | { readonly kind: "refused"; readonly why: string; readonly isBusy?: boolean }
  /** No invocation can carry so much. */
  | { readonly kind: "too-large" };

/** A function may run for 15 minutes (Lambda developer guide, "Quotas"), and its answer takes a moment more. */
const answerMsMax = 910_000;

/** Functions of ours, by the Invoke API: the only file that knows its SDK. */
export class LambdaFunctions {
  readonly #client: LambdaClient;

  constructor(client: LambdaClient) {
    this.#client = client;
  }

  static connect(): LambdaFunctions {
    const requestHandler = answeredWithin(answerMsMax);
    // One attempt: an invocation whose answer was lost has run all the same.
    return new LambdaFunctions(new LambdaClient({ ...clientSettings(), maxAttempts: 1, requestHandler }));
  }

  /** Invokes a function and waits for its answer, at most `waitMsMax`; who has not answered by then counts as dead. */
  async invoke(name: string, event: unknown, waitMsMax = answerMsMax): Promise<Outcome<unknown>> {
    const Payload = Buffer.from(JSON.stringify(event));
    if (Payload.length > lambdaPayloadBytesMax) return { kind: "too-large" };
    const patience = AbortSignal.timeout(waitMsMax);
    try {
      const answer = await this.#client.send(new InvokeCommand({ FunctionName: name, Payload }), {
        abortSignal: patience,
      });
      const text = Buffer.from(answer.Payload ?? []).toString("utf8");
      const body: unknown = text === "" ? null : JSON.parse(text);
      return answer.FunctionError === undefined ? { kind: "done", answer: body } : failure(body);
    } catch (error) {
      if (patience.aborted) return { kind: "died", why: `no answer after ${waitMsMax / 1_000} s` };
      if (error instanceof LambdaServiceException && error.name === "RequestTooLargeException") {
        return { kind: "too-large" };
      }
      const isBusy = error instanceof LambdaServiceException && error.name === "TooManyRequestsException";
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return { kind: "refused", why, ...(isBusy ? { isBusy } : {}) };
    }
  }
}

/** Errors that the runtime tells of with a trace although the process ends with them. */
const deadly = new Set(["Runtime.UnhandledPromiseRejection", "Runtime.NodeJsExit"]);

/**
 * An error that the code threw has a trace; where the process was killed, or ended, there was nobody left to write one
 * (Lambda developer guide, "Lambda function errors in Node.js").
 */
function failure(body: unknown): Outcome<never> {
  const { errorType, errorMessage, trace } = (body ?? {}) as Record<string, unknown>;
  const why = [errorType, errorMessage].filter((text) => typeof text === "string").join(": ") || "no reason given";
  const died = !Array.isArray(trace) || deadly.has(String(errorType));
  return { kind: died ? "died" : "threw", why };
}

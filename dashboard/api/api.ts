import { problemInWords } from "./answers.ts";
import { ApiFailure } from "./api-failure.ts";

/** API Gateway gives up on a function after 30 s; the page does so a little later. */
const patienceMs = 32_000;

/** A body, and the API's clock when it sent it (to the second), where it says. */
export interface Reply {
  readonly body: unknown;
  readonly dateMs: number | undefined;
}

/** Asks the API. Throws ApiFailure where it does not answer or answers with a problem, and the signal's reason. */
export async function ask(path: string, signal: AbortSignal): Promise<Reply> {
  const response = await send(path, signal);
  const body: unknown = await response.json().catch((cause: unknown) => {
    signal.throwIfAborted();
    throw response.ok
      ? new ApiFailure(true, "The API answered with something that is no JSON", { cause })
      : new ApiFailure(true, `The API answered with ${problemInWords(response.status, undefined)}`, { cause });
  });
  if (!response.ok) throw problemOf(response, body);
  const dateMs = Date.parse(response.headers.get("date") ?? "");
  return { body, dateMs: Number.isNaN(dateMs) ? undefined : dateMs };
}

function problemOf({ status, headers }: Response, body: unknown): ApiFailure {
  const seconds = Number(headers.get("retry-after") ?? 1);
  const busy = status === 429 ? { busyMs: 1_000 * (Number.isFinite(seconds) ? seconds : 1) } : {};
  return new ApiFailure(true, `The API answered with ${problemInWords(status, body)}`, busy);
}

async function send(path: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(path, {
      headers: { accept: "application/json" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
    });
  } catch (cause) {
    signal.throwIfAborted();
    const slow = cause instanceof DOMException && cause.name === "TimeoutError";
    const why = slow ? `The API has not answered within ${patienceMs / 1_000} s` : "The API does not answer";
    throw new ApiFailure(false, why, { cause });
  }
}

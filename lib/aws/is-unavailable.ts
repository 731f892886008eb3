/** What AWS services answer where they are asked too much or are not ready. */
const notNow =
  /Throttl|TooManyRequests|LimitExceeded|ThroughputExceeded|ServiceUnavailable|InternalServer|InternalFailure/;
/** What the SDK throws where there was no answer in time. */
const noAnswer = new Set(["TimeoutError", "AbortError", "NetworkingError"]);

/** Whether an error of an AWS client says that the service is down, slow or throttled: the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (noAnswer.has(error.name) || notNow.test(error.name)) return true;
  const { $metadata, code } = error as { $metadata?: { httpStatusCode?: number }; code?: unknown };
  if (($metadata?.httpStatusCode ?? 0) >= 500) return true;
  // A socket's own: ECONNREFUSED, ENOTFOUND, EPIPE. Node's errors of usage begin with ERR_.
  return typeof code === "string" && /^E(?!RR_)[A-Z_]+$/.test(code);
}

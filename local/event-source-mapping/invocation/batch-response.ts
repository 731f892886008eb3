/** What a function's response says about its batch. */
export type BatchResponse =
  | { readonly kind: "success" }
  | { readonly kind: "failure" }
  /** The records at these places failed; ascending, at least one. */
  | { readonly kind: "partial"; readonly places: readonly [number, ...number[]] };

const success: BatchResponse = { kind: "success" };
const failure: BatchResponse = { kind: "failure" };

/**
 * Reads a response where ReportBatchItemFailures is on: nothing, and nothing in `batchItemFailures`, is a success; a list
 * with an identifier that is missing, empty or of no record of the batch is a failure of all of it (Lambda developer guide,
 * "Configuring partial batch response with Kinesis Data Streams and Lambda").
 */
export function batchResponse(payload: string, sequenceNumbers: readonly string[]): BatchResponse {
  if (payload === "") return success;
  let response: unknown;
  try {
    response = JSON.parse(payload);
  } catch {
    return failure;
  }
  if (response === null || response === "") return success;
  if (typeof response !== "object") return failure;
  const items = (response as { readonly batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(items)) return failure;
  if (items.length === 0) return success;
  const named = new Set(items.map(identifier));
  const places = [...sequenceNumbers.keys()].filter((at) => named.delete(sequenceNumbers[at]));
  const [lowest, ...others] = places;
  return named.size > 0 || lowest === undefined ? failure : { kind: "partial", places: [lowest, ...others] };
}

const identifier = (item: unknown): unknown =>
  typeof item === "object" && item !== null
    ? (item as { readonly itemIdentifier?: unknown }).itemIdentifier
    : undefined;

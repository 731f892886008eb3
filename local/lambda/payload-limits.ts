/** What a synchronous invocation takes, 6 MB (Lambda developer guide, "Lambda quotas"). */
export { lambdaPayloadBytesMax as requestBytesMax } from "../../lib/limits.ts";

/** What it gives back, as Lambda's own error message names it. */
export const responseBytesMax = 6_291_556;

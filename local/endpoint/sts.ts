import type { AwsService } from "./aws-endpoint.ts";
import { queryError, queryResponse } from "./query-protocol.ts";

/** STS: GetCallerIdentity, which the Kinesis Producer Library asks before its first record. */
export const sts = ({ accountId }: { readonly accountId: string }): AwsService => ({
  bodyBytesMax: 64 * 1024,
  handle: async ({ body }) => {
    const action = new URLSearchParams(body.toString()).get("Action") ?? "";
    if (action !== "GetCallerIdentity") {
      return queryError(400, "InvalidAction", `${action} does not run on the laptop; what runs: GetCallerIdentity`);
    }
    return queryResponse("GetCallerIdentity", "https://sts.amazonaws.com/doc/2011-06-15/", {
      Arn: `arn:aws:iam::${accountId}:user/laptop`,
      UserId: "AIDALAPTOP",
      Account: accountId,
    });
  },
});
